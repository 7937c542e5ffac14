"""The random forest: moments of its trees, what they have not seen, jumps and categories."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError
from augury.models import GaussianProcess, RandomForest
from augury.models.folds import FOLDS, assign_folds
from augury.models.random_forest import JITTER
from augury.testing import MODEL_CHECKS


def data(n=40, d=3, seed=0):
    X = torch.rand(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return X, 2.0 * (X[:, :1] > 0.47) + X[:, 1:2]


@pytest.mark.filterwarnings("ignore:Negative variance values")
@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_the_model_conforms(check):
    check(RandomForest)


def test_the_moments_are_those_of_the_mixture_of_trees():
    X, Y = data()
    model = RandomForest(X, Y, outcome_transform=None, min_samples_leaf=3).fit()
    new = data(6, seed=1)[0]
    (forest,) = model.forests
    leaves = forest.leaves(new.numpy())
    means, variances = forest.means(leaves), forest.variances(leaves)
    posterior = model.posterior(new)
    np.testing.assert_allclose(posterior.mean[:, 0], means.mean(axis=0))
    covariance = np.cov(means, rowvar=False)
    same = (leaves[:, :, None] == leaves[:, None, :]) * variances[:, :, None]
    expected = covariance + same.mean(axis=0) + JITTER * np.eye(6)
    np.testing.assert_allclose(posterior.distribution.covariance_matrix, expected, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(posterior.variance[:, 0], expected.diagonal(), rtol=1e-8)


def test_a_leaf_holds_the_mean_and_variance_of_its_rows():
    X, Y = data()
    (forest,) = RandomForest(X, Y, outcome_transform=None, min_samples_leaf=5).fit().forests
    leaves = forest.leaves(X.numpy())
    rows = assign_folds(len(X)) != 0  # the first tree has not seen the first part
    for leaf in np.unique(leaves[0][rows]):
        inside = Y.numpy()[rows & (leaves[0] == leaf), 0]
        assert len(inside) >= 5
        np.testing.assert_allclose(forest.means(np.array([[leaf]])), inside.mean())
        np.testing.assert_allclose(forest.variances(np.array([[leaf]])), max(inside.var(), 1e-5), rtol=1e-6)


def test_what_is_left_out_is_not_used():
    """Outcomes of one part of the rows do not change how that part is predicted."""
    X, Y = data()
    part = torch.from_numpy(assign_folds(len(X)) == 2)
    changed = Y.clone()
    changed[part] += 5.0
    noise = torch.full_like(Y, 1e-6)
    first, second = (
        RandomForest(X, outcomes, noise, outcome_transform=None).fit().left_out() for outcomes in (Y, changed)
    )
    torch.testing.assert_close(first[0][part], second[0][part])
    torch.testing.assert_close(first[1][part], second[1][part])
    assert not torch.allclose(first[0][~part], second[0][~part])


def blocks(n, seed):
    X = torch.rand(n, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    corner = (X[:, :1] > 0.47) & (X[:, 1:2] > 0.3)
    return X, 2.0 * corner + ((X[:, 2:3] > 0.6) ^ (X[:, :1] > 0.2))


def test_blocks_are_predicted_better_than_by_a_gaussian_process():
    X, Y = blocks(60, seed=0)
    new, truth = blocks(400, seed=1)
    errors = [
        float((kind(X, Y).fit().posterior(new.unsqueeze(-2)).mean[:, 0] - truth).square().mean())
        for kind in (RandomForest, GaussianProcess)
    ]
    assert errors[0] < errors[1] < float(truth.var())


def test_beyond_the_rows_the_variance_of_the_outcomes_comes_back():
    X, Y = data()
    model = RandomForest(0.3 * X, Y).fit()
    line = torch.linspace(0.3, 2.0, 20, dtype=torch.float64)[:, None].expand(20, 3)
    variance = model.posterior(line.unsqueeze(-2)).variance[:, 0, 0]
    assert bool((variance.diff() > 0).all())
    assert float(variance[-1]) == pytest.approx(float(variance[0] + Y.var()), rel=0.05)


def test_moments_beside_fixed_points_are_those_of_the_joint_posterior():
    X, Y = data()
    model = RandomForest(0.8 * X, Y).fit()
    points, fixed = data(5, seed=1)[0], data(3, seed=2)[0]
    moments = model.cross_posterior(fixed.numpy())
    mean, variance, covariance = moments(points.numpy())
    joint = model.posterior(torch.cat([points, fixed]))
    expected = joint.distribution.covariance_matrix.detach().numpy()
    np.testing.assert_allclose(mean, joint.mean[:5, 0])
    jitter = JITTER * float(Y.var())  # in the outcomes' units
    np.testing.assert_allclose(variance, expected.diagonal()[:5] - jitter, rtol=1e-8)
    np.testing.assert_allclose(covariance, expected[:5, 5:], atol=1e-10)
    np.testing.assert_allclose(moments.fixed_covariance, expected[5:, 5:] - jitter * np.eye(3), atol=1e-10)


@pytest.mark.parametrize(("noise", "low", "high"), [(0.0, 0.0, 0.1), (0.5, 0.3, 0.8)])
def test_the_noise_is_learnt_from_rows_left_out(noise, low, high):
    X, _ = data(150, d=1)
    Y = 2.0 * X + noise * torch.randn(150, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    deviation = float(RandomForest(X, Y).fit().noise_variance.sqrt())
    assert low <= deviation <= high


def test_rows_keep_their_fold_when_others_are_added():
    folds = assign_folds(23)
    assert np.array_equal(folds, assign_folds(24)[:23])
    assert np.bincount(folds).max() - np.bincount(folds).min() <= 1
    assert set(folds) == set(range(FOLDS))
    assert sorted(assign_folds(3)) == [0, 1, 2]


def test_options_out_of_range_are_refused():
    with pytest.raises(InvalidInputError, match="num_trees"):
        RandomForest(*data(), num_trees=2)
    with pytest.raises(InvalidInputError, match="share"):
        RandomForest(*data(), max_features=1.5)
