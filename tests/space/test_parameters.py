from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from augury.errors import InvalidInputError
from augury.space.parameters import (
    Categorical,
    Fixed,
    Float,
    Int,
    Parameter,
    parameter_from_dict,
    parameter_of,
)
from tests.space.strategies import fixed, varying


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ((-5.0, 10.0), Float(-5.0, 10.0)),
        ((0, 1.5), Float(0.0, 1.5)),
        ((1, 16), Int(1, 16)),
        ((np.int64(1), np.int64(16)), Int(1, 16)),
        (["DMF", "DMAc"], Categorical(["DMF", "DMAc"])),
        ([1, 2, 4, 8], Categorical([1, 2, 4, 8], ordered=True)),
        ([4, 2, 1], Categorical([4, 2, 1])),
        ([True, False], Categorical([True, False])),
        (3.0, Fixed(3.0)),
        ("DMF", Fixed("DMF")),
        (True, Fixed(True)),
        (Int(1, 3), Int(1, 3)),
    ],
)
def test_short_forms(short: Any, long: Parameter) -> None:
    assert parameter_of(short) == long


@pytest.mark.parametrize(
    "short", [None, (1,), (1, 2, 3), ("a", "b"), (True, False), {"low": 1}, {1, 2}, object()]
)
def test_other_forms_are_refused(short: Any) -> None:
    with pytest.raises(InvalidInputError):
        parameter_of(short)


INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Float(1, 0), "low=1 must be less than high=0"),
        (lambda: Float(0, INF), "high=inf must be a finite number"),
        (lambda: Float(NAN, 1), "low=nan must be a finite number"),
        (lambda: Float("0", 1), "low='0' must be a finite number"),
        (lambda: Float(False, 1), "low=False must be a finite number"),
        (lambda: Float(0, 1, log=True), "low=0.0 must be positive on a log scale"),
        (lambda: Float(-1, 1, log=True), "low=-1.0 must be positive"),
        (lambda: Float(0, 1, log=1), "log=1 must be True or False"),
        (lambda: Float(0, 1, step=0), "step=0 must be a positive number"),
        (lambda: Float(0, 1, step=-0.1), "step=-0.1 must be a positive number"),
        (lambda: Float(0, 1, step=NAN), "step=nan"),
        (lambda: Float(0, 1, step="a"), "step='a'"),
        (lambda: Float(0, 1, step=2), "step=2.0 is larger than the range"),
        (lambda: Float(0, 1, step=1e-300), "more than"),
        (lambda: Float(0, 1, step=5e-324), "more than"),
        (lambda: Float(1, 2, step=0.1, log=True), "exclude each other"),
        (lambda: Float(-1e300, 1e300), "too extreme"),
        (lambda: Float(0, 1e-300), "too extreme"),
        (lambda: Float(1e-280, 1e280, log=True), "too extreme"),
        (lambda: Float(0, 1, role="x"), "role='x' is unknown"),
        (lambda: Float(0, 1, cost=1.0), "needs role='fidelity'"),
        (lambda: Float(0, 1, role="fidelity", cost=-1.0), "must be a positive number"),
        (lambda: Float(0, 1, active_if={}), "active_if"),
        (lambda: Float(0, 1, active_if="x"), "active_if"),
        (lambda: Int(3, 3), "low=3 must be less than high=3"),
        (lambda: Int(0.5, 3), "low=0.5 must be a whole number"),
        (lambda: Int(0, INF), "high=inf must be a whole number"),
        (lambda: Int(True, 3), "low=True must be a whole number"),
        (lambda: Int(0, 3, step=0), "step=0 must be positive"),
        (lambda: Int(0, 3, step=4), "step=4 is larger than the range"),
        (lambda: Int(0, 3, step=0.5), "step=0.5 must be a whole number"),
        (lambda: Int(0, 3, log=True), "low=0 must be at least 1 on a log scale"),
        (lambda: Int(1, 9, log=True, step=2), "exclude each other"),
        (lambda: Int(0, 2**60), "too far apart"),
        (lambda: Int(1, 2**45, log=True), "too far apart"),
        (lambda: Int(2**63, 2**63 + 5), "too far apart"),
        (lambda: Categorical(["a"]), r"fewer than two categories; for a constant give the value alone, 'a'"),
        (lambda: Categorical([]), "fewer than two categories"),
        (lambda: Categorical(["a", "b", "a"]), "category 'a' is given twice"),
        (lambda: Categorical([1, 1.0]), "category 1.0 is given twice"),
        (lambda: Categorical("ab"), "must be a list"),
        (lambda: Categorical(3), "must be a list"),
        (lambda: Categorical(["a", None]), 'None cannot be a category.*"none"'),
        (lambda: Categorical(["a", NAN]), "nan cannot be a category"),
        (lambda: Categorical(["a", (1, 2)]), "cannot be a category"),
        (lambda: Categorical(["a", "b"], ordered="yes"), "ordered='yes'"),
        (lambda: Categorical(["a", "b"], ordered=True, descriptors={"p": [1, 2]}), "exclude each other"),
        (lambda: Fixed(None), "None cannot be a fixed value"),
        (lambda: Fixed(INF), "inf cannot be a fixed value"),
        (lambda: Fixed([1]), "cannot be a fixed value"),
    ],
)
def test_bad_parameters_are_refused(make: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        make()


@given(varying | fixed)
def test_the_schema_of_a_parameter_is_complete(parameter: Parameter) -> None:
    again = parameter_from_dict(parameter.to_dict())
    assert again == parameter
    assert hash(again) == hash(parameter)


def test_the_schema_holds_roles_conditions_and_descriptors() -> None:
    for parameter in (
        Float(0.1, 1.0, role="fidelity", cost=3.0),
        Int(1, 3, active_if={"c": ["a", True]}),
        Categorical(["a", "b"], descriptors={"p": [1, 2]}, role="task"),
    ):
        again = parameter_from_dict(parameter.to_dict())
        assert again == parameter
        assert (again.role, again.cost, again.active_if) == (
            parameter.role,
            parameter.cost,
            parameter.active_if,
        )


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "complex"},
        {"type": "float", "low": 0},
        {"type": "int", "low": 0, "high": 1, "lo": 2},
        {"type": []},
    ],
)
def test_malformed_schemas_are_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        parameter_from_dict(schema)


def test_steps_are_the_decimals_one_writes() -> None:
    parameter = Float(0.1, 1.0, step=0.1)
    assert parameter.from_numbers(np.arange(10.0)) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert Float(0.0, 1.0, step=0.3).from_numbers(np.arange(4.0)) == [0.0, 0.3, 0.6, 0.9]
    assert Float(0.0, 1.0, step=1 / 3).n_levels == 4


# --- descriptors -------------------------------------------------------------------------------------

FRAME = pd.DataFrame({"name": ["b", "a", "unused"], "p": [2.0, 1.0, 9.0], "q": [0, 5, 7]})
EXPECTED = {"p": [1.0, 2.0], "q": [5.0, 0.0]}


@pytest.mark.parametrize(
    "given", [FRAME, FRAME.set_index("name"), {"p": [1, 2], "q": [5, 0]}], ids=["column", "index", "mapping"]
)
def test_descriptors_are_matched_to_values(given: Any) -> None:
    parameter = Categorical(["a", "b"], descriptors=given)
    assert parameter.descriptors is not None
    assert parameter.descriptors.to_dict() == EXPECTED


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (FRAME[FRAME["name"] != "a"], "no row for 'a'"),
        (pd.concat([FRAME, FRAME]), "two rows for 'a'|two rows for 'b'"),
        (FRAME.assign(p=[2.0, np.nan, 1.0]), "descriptor 'p' of 'a' is nan"),
        (FRAME.assign(p=["2", "1", "0"]), "descriptor 'p' of 'a' is '1', not a finite number"),
        (FRAME[["name"]], "no column"),
        ({"p": [1.0]}, "1 numbers for 2 values"),
        ({"p": [1.0, None]}, "descriptor 'p' of 'b' is None"),
        ([1, 2], "must be a DataFrame or a mapping"),
    ],
)
def test_incomplete_descriptors_are_refused(given: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        Categorical(["a", "b"], descriptors=given)
