"""Scores of predictions left out: coverage, densities, errors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

from augury.errors import InvalidInputError
from augury.models import GaussianProcess
from augury.models.calibration import LeftOutScores, folds_of_settings, score_left_out
from augury.space import Space

SPACE = Space({"a": (0.0, 1.0), "b": (0.0, 1.0)})


def data(n=40, noise=0.1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    X = torch.rand(n, 2, dtype=torch.float64, generator=generator)
    Y = torch.sin(4.0 * X[:, :1]) + noise * torch.randn(n, 1, dtype=torch.float64, generator=generator)
    return X, Y


def scores_of(probability):
    probability = np.asarray(probability)
    return LeftOutScores(probability, probability, probability, probability, 5)


def test_each_fold_is_predicted_by_a_model_that_has_not_seen_it():
    X, Y = data(12)
    scores, parts = score_left_out("gp", X, Y, None, SPACE, folds=3), folds_of_settings(X, 3)
    out = torch.from_numpy(parts == 1)
    posterior = (
        GaussianProcess(X[~out], Y[~out]).fit().posterior(X[out].unsqueeze(-2), observation_noise=True)
    )
    mean, deviation = posterior.mean.reshape(-1).detach(), posterior.variance.reshape(-1).sqrt().detach()
    np.testing.assert_allclose(scores.mean[parts == 1], mean)
    np.testing.assert_allclose(scores.log_density[parts == 1], norm.logpdf(Y[out, 0], mean, deviation))
    np.testing.assert_allclose(
        scores.probability[parts == 1], norm.cdf(Y[out, 0], mean, deviation), atol=1e-12
    )
    assert scores.folds == 3


def test_a_right_model_covers_what_it_says():
    scores = score_left_out("gp", *data(150), None, SPACE)
    assert scores.rmse == pytest.approx(0.1, abs=0.03)
    for level in (0.5, 0.8, 0.95):
        assert scores.coverage(level) == pytest.approx(level, abs=0.12)
    assert scores.nll == pytest.approx(norm(0.0, 0.1).entropy(), abs=0.2)
    with pytest.raises(InvalidInputError, match="0 to 1; given 95"):
        scores.coverage(95)


@pytest.mark.parametrize("probability", [[0.5] * 8, [0.001, 0.999], np.linspace(0.01, 0.99, 7), [0.3, 0.9]])
def test_the_calibration_error_is_the_area_between_coverage_and_level(probability):
    scores = scores_of(probability)
    points = np.sort(scores.tail)
    expected = quad(lambda level: abs(scores.coverage(level) - level), 0.0, 1.0, points=points, limit=400)[0]
    assert scores.calibration_error == pytest.approx(expected, abs=1e-6)


def test_repeats_of_a_setting_are_left_out_together():
    X = data(10)[0].repeat(3, 1)
    parts = folds_of_settings(X, 5)
    assert np.array_equal(parts[:10], parts[10:20])
    assert set(parts) == set(range(5))
    assert len(set(folds_of_settings(X, 30))) == 10


def test_progress_is_told_after_each_fold():
    seen = []
    score_left_out("gp", *data(9), None, SPACE, folds=9, after_fold=lambda: seen.append(1))
    assert len(seen) == 9
