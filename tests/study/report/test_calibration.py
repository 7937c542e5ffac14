"""Calibration figures of merit against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from augury.study.report.calibration import Calibration, calibration_figure
from augury.study.report.words import calibration_sentences


def drawn(n=4000, scale=1.0, seed=0) -> Calibration:
    """Predictions whose errors have `scale` times the standard deviation that they claim."""
    rng = np.random.default_rng(seed)
    mean, std = rng.normal(0, 3, n), rng.uniform(0.5, 1.5, n)
    return Calibration(mean + scale * std * rng.normal(size=n), mean, std)


def test_honest_predictions_cover_95_percent_with_a_standardised_error_of_one():
    honest = drawn()
    assert honest.coverage == pytest.approx(0.95, abs=0.012)
    assert honest.standardized_error == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize(
    ("scale", "word"), [(3.0, "more sure"), (0.3, "more careful"), (1.0, "knows how sure")]
)
def test_overconfidence_and_caution_are_named(scale, word):
    assert word in calibration_sentences(drawn(scale=scale), "y")[-1]


def test_error_of_the_mean_is_that_of_the_average_of_the_others():
    y = np.array([1.0, 4.0, 2.0, 9.0])
    others = np.array([np.delete(y, i).mean() for i in range(len(y))])
    calibration = Calibration(y, others, np.ones(4))
    assert calibration.error_of_mean == pytest.approx(calibration.error)
    assert calibration.explained == pytest.approx(0.0)


def test_exact_predictions_explain_everything():
    y = np.array([1.0, 4.0, 2.0])
    assert Calibration(y, y, np.ones(3)).explained == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("explained", "word"), [(0.9, "well"), (0.6, "roughly"), (0.3, "weak pattern"), (0.0, "guesses")]
)
def test_the_verdict_follows_the_explained_variation(explained, word):
    rng = np.random.default_rng(1)
    y = rng.normal(size=500)
    noise = rng.normal(size=500)
    noise *= np.sqrt(1 - explained) * np.std(y) / np.sqrt(np.mean(noise**2))
    sentences = calibration_sentences(Calibration(y, y + noise, np.ones(500)), "y")
    assert word in " ".join(sentences)


def test_both_axes_of_the_figure_show_the_same_range_and_every_interval():
    calibration = drawn(30)
    (axes,) = calibration_figure(calibration, "y").axes
    assert axes.get_xlim() == axes.get_ylim()
    low, high = axes.get_ylim()
    assert low < (calibration.mean - 1.95 * calibration.std).min()
    assert high > (calibration.mean + 1.95 * calibration.std).max()
