from __future__ import annotations

import numpy as np
import pytest

from augury.acquisition.upper_envelope import UpperEnvelope, _march, _stack


def test_the_march_and_the_stack_find_one_envelope() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 300, 12))
    march, stack = _march(a, b), _stack(a, b)
    np.testing.assert_array_equal(march.top, stack.top)
    reached = np.arange(stack.lines.shape[1]) <= stack.top[:, None]
    np.testing.assert_array_equal(march.lines[reached], stack.lines[reached])
    np.testing.assert_allclose(march.starts[reached], stack.starts[reached])


def test_long_envelopes_beside_short_ones_are_complete() -> None:
    slopes = np.linspace(-1.0, 1.0, 81)
    tangents = -(slopes**2)  # of a parabola: every line is the highest somewhere
    a, b = np.stack([tangents, np.zeros(81), tangents[::-1]]), np.stack([slopes] * 3)
    envelope = UpperEnvelope.of(a, b)
    np.testing.assert_array_equal(envelope.present.sum(axis=1), [80, 1, 80])
    np.testing.assert_array_equal(envelope.lines[0], np.arange(81))
    np.testing.assert_allclose(envelope.breaks[0], slopes[1:] + slopes[:-1])
    np.testing.assert_array_equal(envelope.lines[1, :2], [0, 80])


@pytest.mark.parametrize("shift", [0.0, 1e-15])
def test_lines_through_one_point_and_parallel_ones(shift: float) -> None:
    a = np.array([[0.0, 0.0, 0.0, -1.0, 0.5]])
    b = np.array([[-1.0, 0.0, 1.0, 1.0 + shift, 1.0 - shift]])
    envelope = UpperEnvelope.of(a, b)
    assert envelope.lines[0, envelope.present.sum()] == 4  # of the parallel lines the highest
    z = np.linspace(-3.0, 3.0, 25)
    kept = envelope.lines[0, : envelope.present.sum() + 1]
    np.testing.assert_allclose(
        (a[0, kept, None] + b[0, kept, None] * z).max(axis=0), (a.T + b.T * z).max(axis=0)
    )
