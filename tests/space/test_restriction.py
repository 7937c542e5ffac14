from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from augury.errors import InvalidInputError
from tests.space.cases import CONSTRAINED, GOOD, MIXED


def test_restriction_holds_columns() -> None:
    held = MIXED.restrict({"solvent": "DMAc", "n": 16, "pressure": 3.0})
    assert held.columns == MIXED.columns
    assert held.fixed_columns == {1: 1.0, 2: 1.0}
    decoded = held.decode(np.random.default_rng(0).random((5, 5)))
    assert {(params["solvent"], params["n"]) for params in decoded} == {("DMAc", 16)}
    assert MIXED.fixed_columns == {}
    assert held != MIXED
    with pytest.raises(InvalidInputError, match="'n' is held at 16, not 3"):
        held.validate(GOOD | {"solvent": "DMAc"})


@pytest.mark.parametrize(
    ("fixed", "message"),
    [
        (["n"], "fixed must map names to values"),
        ({"y": 1}, "no parameter 'y' to hold"),
        ({"n": 17}, "'n': 17 is not between"),
        ({"a": 9.0}, "no point of the space with {'a': 9.0} satisfies"),
        ({"c": 1.0}, "'c': 1.0 is not the fixed value"),
    ],
)
def test_bad_restrictions_are_refused(fixed: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        CONSTRAINED.restrict(fixed)
