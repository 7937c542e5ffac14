from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from augury.errors import InvalidInputError
from augury.space.observations import Observations

NAN = float("nan")


def made(**change: Any) -> Observations:
    columns: dict[str, Any] = {
        "X": np.zeros((4, 2)),
        "Y": [[1.0, NAN], [NAN, NAN], [NAN, NAN], [NAN, NAN]],
        "Yvar": np.full((4, 2), NAN),
        "cost": np.full(4, NAN),
        "status": ["complete", "failed", "pending", "complete"],
    }
    return Observations(**(columns | change))


def test_masks_follow_the_status() -> None:
    observations = made()
    assert observations.n == 4
    np.testing.assert_array_equal(observations.complete, [True, False, False, False])
    np.testing.assert_array_equal(observations.failed, [False, True, False, False])
    np.testing.assert_array_equal(observations.pending, [False, False, True, False])


def test_observations_cannot_be_changed() -> None:
    X = np.zeros((4, 2))
    observations = made(X=X)
    with pytest.raises(ValueError, match="read-only"):
        observations.X[0, 0] = 1.0
    X[0, 0] = 1.0
    assert observations.X[0, 0] == 0.0


def test_empty_has_no_rows() -> None:
    empty = Observations.empty(3, 2)
    assert (empty.n, empty.X.shape, empty.Y.shape) == (0, (0, 3), (0, 2))
    assert empty.complete.shape == (0,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.zeros(4)}, "must be matrices"),
        ({"Y": np.zeros((3, 2))}, "Y has shape"),
        ({"Yvar": np.zeros((4, 1))}, "Yvar has shape"),
        ({"cost": np.zeros(3)}, "cost has shape"),
        ({"status": ["complete"]}, "status has shape"),
        ({"gradient": np.zeros((4, 2))}, "gradient has shape"),
        ({"X": np.full((4, 2), NAN)}, "not finite"),
        ({"Y": np.full((4, 2), np.inf)}, "infinite outcome"),
        ({"Yvar": np.full((4, 2), -1.0)}, "negative variance"),
        ({"status": ["complete", "failed", "pending", "lost"]}, "'lost' is unknown"),
    ],
)
def test_contradictions_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        made(**change)
