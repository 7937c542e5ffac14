from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.space.parameters import Float
from augury.space.space import Space
from tests.space.cases import CONSTRAINED, GOOD, MIXED
from tests.space.strategies import params_of, spaces


@given(st.data())
def test_valid_params_are_returned_unchanged(data: st.DataObject) -> None:
    space = data.draw(spaces())
    params = data.draw(params_of(space))
    assert space.validate(params) == params


def test_validation_completes_and_types_params() -> None:
    given = {"layers": 4.0, "solvent": np.str_("DMF"), "rate": 1, "n": 3.0, "x": np.float32(0.5)}
    result = MIXED.validate(given)
    assert result == {"x": 0.5, "n": 3, "solvent": "DMF", "rate": 1.0, "layers": 4, "pressure": 3.0}
    assert [type(value) for value in result.values()] == [float, int, str, float, int, float]
    json.dumps(result)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": 10.5}, "'x': 10.5 is not between -5.0 and 10.0"),
        ({"x": float("nan")}, "'x': nan is not a finite number"),
        ({"x": "1"}, "'x': '1' is not a finite number"),
        ({"x": True}, "'x': True is not a finite number"),
        ({"x": None}, "'x': None"),
        ({"n": 2.5}, "'n': 2.5 is not a whole number"),
        ({"n": True}, "'n': True is not a whole number"),
        ({"n": 10**30}, "'n': 1000000000000000000000000000000 is not between 1 and 16"),
        ({"solvent": "water"}, "'solvent': 'water' is not one of 'DMF', 'DMAc'"),
        ({"solvent": ["DMF"]}, r"'solvent': \['DMF'\] is not one of"),
        ({"layers": 3}, "'layers': 3 is not one of 1, 2, 4, 8"),
        ({"pressure": 4.0}, "'pressure': 4.0 is not the fixed value 3.0"),
        ({"y": 1.0}, "no parameter 'y'; there are 'x', 'n'"),
    ],
)
def test_invalid_params_are_refused_by_name(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        MIXED.validate(GOOD | change)
    if "y" not in change and "pressure" not in change:
        with pytest.raises(InvalidInputError, match=message):
            MIXED.encode([GOOD, GOOD | change])


def test_missing_params_are_refused_by_name() -> None:
    incomplete = {name: value for name, value in GOOD.items() if name != "rate"}
    for refuse in (MIXED.validate, lambda params: MIXED.encode([params])):
        with pytest.raises(InvalidInputError, match="'rate' is missing"):
            refuse(incomplete)


def test_a_value_off_the_step_is_refused_with_the_nearest() -> None:
    space = Space({"t": Float(0.1, 0.9, step=0.1)})
    assert space.validate({"t": 0.1 + 0.2}) == {"t": 0.3}
    far = Space({"t": Float(524288.9581963297, 524289.1581963296, step=0.1)})
    assert far.validate({"t": 524288.9581963297 + 0.1}) == {"t": 524289.0581963297}
    with pytest.raises(InvalidInputError, match=r"nearest is 0\.3"):
        space.validate({"t": 0.33})


def test_params_that_violate_a_constraint_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"violates the constraint 'a \+ 2\*n <= 10 - c' by 12"):
        CONSTRAINED.validate({"a": 10.0, "n": 5, "rate": 1.0, "k": 5, "s": "u"})
