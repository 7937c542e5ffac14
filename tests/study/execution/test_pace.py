"""How many trials are chosen ahead."""

from __future__ import annotations

import pytest

from augury.study.execution.pace import Pace


def paced(gap: float, seconds: float) -> Pace:
    """After some trials of so many seconds, each of which was followed after the same gap."""
    pace = Pace()
    for n in range(5):
        pace.ended(10.0 * n, seconds)
        pace.followed(10.0 * n + gap)
    return pace


def test_nothing_is_chosen_ahead_before_anything_is_known() -> None:
    pace = Pace()
    pace.followed(1.0)
    assert pace.ahead(4) == 0
    pace.ended(2.0, 1.0)
    assert pace.ahead(4) == 0


@pytest.mark.parametrize(
    ("gap", "seconds", "workers", "ahead"),
    [
        (0.2, 3600.0, 4, 0),  # an hour's simulation is worth waiting for all that is known
        (0.01, 1.0, 4, 0),
        (0.1, 1.0, 4, 1),
        (0.3, 1.0, 4, 2),
        (0.09, 1.0, 40, 4),
        (5.0, 1.0, 4, 4),  # faster than choosing: no queue can help beyond one each
        (0.1, 0.0, 4, 4),
    ],
)
def test_as_many_are_chosen_ahead_as_end_meanwhile(
    gap: float, seconds: float, workers: int, ahead: int
) -> None:
    assert paced(gap, seconds).ahead(workers) == ahead


def test_one_slow_choice_changes_nothing() -> None:
    pace = paced(0.001, 1.0)
    pace.ended(100.0, 1.0)
    pace.followed(130.0)  # the first fit loads torch
    assert pace.ahead(4) == 0
