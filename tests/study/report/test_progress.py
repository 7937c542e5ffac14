"""The best-so-far line and the panels of the progress figure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.study.report.progress import Outcome, best_so_far, progress_figure

values = st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), max_size=30)


@given(values, st.sampled_from([-1, 1]), st.randoms(use_true_random=False))
def test_best_so_far_is_the_best_of_what_was_allowed(numbers, sign, random):
    y = np.array(numbers, dtype=float)
    allowed = np.array([random.random() < 0.7 for _ in numbers], dtype=bool)
    best = best_so_far(y, allowed, sign)
    for i in range(len(y)):
        seen = y[: i + 1][allowed[: i + 1] & np.isfinite(y[: i + 1])]
        expected = np.nan if len(seen) == 0 else (seen.max() if sign > 0 else seen.min())
        assert best[i] == pytest.approx(expected, nan_ok=True)


def test_one_panel_per_outcome_with_its_limits():
    outcomes = [
        Outcome("y", np.array([1.0, np.nan, 3.0]), 1),
        Outcome("p", np.array([1.0, np.nan, 9.0]), 0, (None, 5.0)),
    ]
    figure = progress_figure(
        outcomes, np.arange(3), np.array([True, False, False]), np.array([False, True, False])
    )
    objective, constraint = figure.axes
    shown = objective.get_legend_handles_labels()[1]
    assert {"measured", "measured, breaks a constraint", "best so far", "failed"} <= set(shown)
    assert "upper limit" in constraint.get_legend_handles_labels()[1]
    assert "lower limit" not in constraint.get_legend_handles_labels()[1]
