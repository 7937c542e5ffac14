"""Conformal intervals: coverage that does not depend on the surrogate."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError
from augury.models import GaussianProcess
from augury.models.conformal import CrossConformal, SplitConformal
from augury.space import Space

SPACE = Space({"a": (0.0, 1.0)})


def data(n, seed):
    """Heavy-tailed noise that no Gaussian model describes."""
    rng = np.random.default_rng(seed)
    X = rng.random((n, 1))
    Y = np.sin(5.0 * X) + 0.2 * rng.standard_t(2.0, size=(n, 1))
    return torch.from_numpy(X), torch.from_numpy(Y)


class _Overconfident(GaussianProcess):
    """Knows almost nothing of its errors."""

    def posterior(self, X, output_indices=None, observation_noise=False, posterior_transform=None):
        return super().posterior(X, output_indices, False, posterior_transform)


def coverage(kind, level, **options):
    hits = []
    for seed in range(12):
        fitted = kind.fit(_Overconfident, *data(40, seed), None, SPACE, **options)
        X, Y = data(100, 1000 + seed)
        low, high = fitted.interval(X, level)
        hits.append(((low <= Y[:, 0].numpy()) & (Y[:, 0].numpy() <= high)).mean())
    return float(np.mean(hits))


@pytest.mark.parametrize("level", [0.5, 0.8])
def test_split_conformal_intervals_cover_what_they_promise(level):
    # over 12 draws of 12 rows set apart the coverage has a deviation of about 0.04
    assert level - 0.1 <= coverage(SplitConformal, level) <= level + 0.17


@pytest.mark.parametrize("level", [0.5, 0.8])
def test_cross_conformal_intervals_cover_about_what_they_promise(level):
    assert level - 0.08 <= coverage(CrossConformal, level, folds=5) <= level + 0.12


def test_the_stretch_is_the_order_statistic():
    X, Y = data(40, 0)
    split = SplitConformal.fit("gp", X, Y, None, SPACE, share=0.5)
    assert len(split.errors) == 20
    low, high = split.interval(X[:1], 0.8)
    posterior = split.model.posterior(X[:1].unsqueeze(-2), observation_noise=True)
    expected = split.errors[16] * float(posterior.variance.sqrt())  # ceil(21 * 0.8) = 17
    assert (high - low)[0] == pytest.approx(2.0 * expected)


def test_leaving_one_out_is_the_jackknife():
    X, Y = data(12, 0)
    cross = CrossConformal.fit("gp", X, Y, None, SPACE)
    assert len(cross.models) == 12
    low, high = cross.interval(X, 0.9)
    ends = []
    for model, part in zip(cross.models, range(12), strict=True):
        (row,) = np.flatnonzero(cross.parts == part)
        posterior = model.posterior(X[:1].unsqueeze(-2), observation_noise=True)
        reach = cross.errors[row] * float(posterior.variance.sqrt())
        ends.append((float(posterior.mean) - reach, float(posterior.mean) + reach))
    lows, highs = np.sort(np.array(ends), axis=0).T
    assert low[0] == pytest.approx(lows[0])  # floor(13 * 0.1) = 1st smallest
    assert high[0] == pytest.approx(highs[11])  # ceil(13 * 0.9) = 12th smallest


def test_too_few_rows_for_a_level_give_infinite_intervals():
    X, Y = data(10, 0)
    for fitted in (
        SplitConformal.fit("gp", X, Y, None, SPACE),
        CrossConformal.fit("gp", X, Y, None, SPACE, folds=2),
    ):
        assert np.isinf(fitted.interval(X, 0.95)).all()


def test_bad_levels_and_shares_are_refused():
    X, Y = data(10, 0)
    with pytest.raises(InvalidInputError, match="share"):
        SplitConformal.fit("gp", X, Y, None, SPACE, share=1.0)
    with pytest.raises(InvalidInputError, match="probability"):
        SplitConformal.fit("gp", X, Y, None, SPACE).interval(X, 95.0)


@pytest.mark.parametrize("kind", [SplitConformal, CrossConformal])
def test_arrays_will_do_and_several_outcomes_will_not(kind):
    X, Y = data(12, 0)
    by_tensors = kind.fit("gp", X, Y, None, SPACE).interval(X[:3], 0.5)
    by_arrays = kind.fit("gp", X.numpy(), Y.numpy(), None, SPACE).interval(X[:3].numpy(), 0.5)
    np.testing.assert_array_equal(by_arrays, by_tensors)
    with pytest.raises(InvalidInputError, match="train_Y has 2 outcomes; give one of them"):
        kind.fit("gp", X, Y.repeat(1, 2), None, SPACE)


@pytest.mark.parametrize(("folds", "rows"), [(1, 10), (0, 10), (5, 1)])
def test_parts_must_leave_something_to_train_on(folds, rows):
    X, Y = data(rows, 0)
    with pytest.raises(InvalidInputError, match=f"folds={folds} of {rows} settings leaves nothing to train"):
        CrossConformal.fit("gp", X, Y, None, SPACE, folds=folds)
