"""Quality: the errors are those of predicting each setting from the others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.space.parameters import Float
from augury.space.space import Space
from augury.study.sheet.quality import Quality, judge

SPACE = Space({"a": Float(0.0, 1.0), "b": Float(0.0, 1.0)})


def settings(n: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(size=(n, 2))


def test_a_smooth_function_is_predicted_and_noise_is_not() -> None:
    X = settings(30)
    smooth = judge(SPACE, X, 50 + 10 * np.sin(3 * X[:, 0]) + X[:, 1])
    noise = judge(SPACE, X, np.random.default_rng(1).normal(size=30))
    assert smooth is not None
    assert noise is not None
    assert smooth.r2 is not None
    assert noise.r2 is not None
    assert smooth.r2 > 0.95
    assert noise.r2 < 0.3


def test_the_error_of_the_mean_leaves_each_result_out() -> None:
    X, y = settings(8), np.arange(8.0)
    quality = judge(SPACE, X, y)
    assert quality is not None
    expected = [(y[i] - np.delete(y, i).mean()) ** 2 for i in range(8)]
    assert quality.mean_error == pytest.approx(np.sqrt(np.mean(expected)))


def test_repeats_are_not_predicted_from_each_other() -> None:
    X, y = settings(8), np.random.default_rng(2).normal(size=8)
    once = judge(SPACE, X, y)
    twice = judge(SPACE, np.concatenate([X, X]), np.concatenate([y, y]))
    assert once is not None
    assert twice is not None
    assert (twice.n, twice.mean_error) == (8, pytest.approx(once.mean_error))
    assert twice.error == pytest.approx(once.error, rel=1e-6)


def test_too_few_settings_and_constant_results() -> None:
    assert judge(SPACE, settings(4), np.arange(4.0)) is None
    assert judge(SPACE, np.tile(settings(4), (3, 1)), np.arange(12.0)) is None
    constant = judge(SPACE, settings(6), np.full(6, 3.0))
    assert constant is not None
    assert constant.constant
    assert constant.r2 is None


@given(st.floats(0.0, 100.0), st.floats(0.1, 100.0))
def test_r2_is_positive_where_the_model_beats_the_mean(error: float, mean_error: float) -> None:
    r2 = Quality(10, error, mean_error).r2
    assert r2 is not None
    assert (r2 > 0) == (error < mean_error) or error == pytest.approx(mean_error)
    assert r2 <= 1
