from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.space.scales import GridScale, LinearScale, LogIntegerScale, LogScale, Scale

seeds = st.integers(0, 2**32 - 1)
signed = st.builds(lambda sign, x: sign * x, st.sampled_from([-1.0, 1.0]), st.floats(1e-250, 1e250))


def check_stable(scale: Scale, x: np.ndarray, u: np.ndarray) -> None:
    """Snapping is idempotent from both sides, for thousands of numbers and coordinates."""
    for unit in (scale.unit(x[:, None]), scale.unit(scale.value(u[:, None]))):
        assert ((unit >= 0.0) & (unit <= 1.0)).all()
        np.testing.assert_array_equal(scale.unit(scale.value(unit)), unit)


def coordinates(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    near = np.concatenate([rng.random(200) * 1e-14, 1.0 - rng.random(200) * 1e-14, rng.random(200) * 1e-300])
    return np.concatenate([rng.random(2000), near, np.linspace(-0.1, 1.1, 25)])


@given(signed, st.one_of(signed, st.floats(0.0, 20.0)), seeds)
def test_linear_scales_are_stable(low: float, other: float, seed: int) -> None:
    high = other if abs(other) > 20.0 or other < 0 else low + abs(low) * 10.0**-other
    low, high = min(low, high), max(low, high)
    if not low < high:
        return
    u = coordinates(seed)
    check_stable(LinearScale.of(low, high), np.clip(low + u * (high - low), low, high), u)


@given(st.floats(1e-250, 1e250), st.floats(-15.0, 2.3), seeds)
def test_log_scales_are_stable(low: float, log_span: float, seed: int) -> None:
    high = low * np.exp(min(10.0**log_span, np.log(1e289 / low)))
    if not low < high:
        return
    u = coordinates(seed)
    check_stable(LogScale.of(low, high), np.clip(low * (high / low) ** u, low, high), u)


@given(st.integers(1, 2**39), st.integers(1, 2**39), seeds)
def test_integers_survive_the_log_scale(low: int, width: int, seed: int) -> None:
    scale = LogIntegerScale.of(low, low + width)
    x = np.random.default_rng(seed).integers(low, low + width + 1, 2000)
    x[:4] = low, low + width, low + 1, low + width - 1
    numbers = x.astype(np.float64)[:, None]
    np.testing.assert_array_equal(scale.value(scale.unit(numbers)), numbers)


@given(st.integers(2, 2**50), seeds)
def test_levels_survive(count: int, seed: int) -> None:
    scale = GridScale.levels(count)
    index = np.random.default_rng(seed).integers(0, count, 2000).astype(np.float64)[:, None]
    np.testing.assert_array_equal(scale.value(scale.unit(index)), index)


@pytest.mark.parametrize(
    "scale",
    [
        LinearScale.of(-5.0, 10.0),
        LinearScale.of(1000.0, 1000.1),
        LinearScale.of(1 / 3, 2 / 3),
        LogScale.of(1e-5, 1.0),
        LogScale.of(1 / 3, 1000 / 3),
        LogScale.of(1.0, 1.01),
    ],
)
def test_no_accuracy_is_lost(scale: LinearScale | LogScale) -> None:
    low, high = scale.low[0], scale.high[0]
    x = np.random.default_rng(0).uniform(low, high, (5000, 1))
    limit = 5e-13 * x if isinstance(scale, LogScale) else 1.3e-14 * max(abs(low), abs(high))
    assert (np.abs(scale.value(scale.unit(x)) - x) <= limit).all()
    np.testing.assert_array_equal(scale.unit(np.array([[low], [high]])), [[0.0], [1.0]])
    np.testing.assert_array_equal(
        scale.value(np.array([[0.0], [1.0], [-3.0], [4.0]])), [[low], [high], [low], [high]]
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda k: LinearScale.of(-k, k * 3.0),
        lambda k: LogScale.of(k, k * 9.0),
        lambda k: GridScale.levels(k + 1),
    ],
)
def test_stacked_scales_work_column_by_column(make: Callable[[int], Scale]) -> None:
    scales = [make(k) for k in (1, 2, 5)]
    u = np.random.default_rng(0).random((50, 3))
    stacked = type(scales[0]).stack(scales)
    x = stacked.value(u)
    for column, scale in enumerate(scales):
        np.testing.assert_array_equal(x[:, [column]], scale.value(u[:, [column]]))
        np.testing.assert_array_equal(stacked.unit(x)[:, [column]], scale.unit(x[:, [column]]))
