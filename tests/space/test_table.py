from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.pandas import column, data_frames, range_indexes

from augury.errors import InvalidInputError
from augury.space.parameters import Categorical, Fixed, Float, Int
from augury.space.space import Space

FRAME = pd.DataFrame(
    {
        "solvent": ["DMF", "water", "DMF", "DMAc"],
        "eq": [1, 2, 2, 3],
        "t": [20.5, 80.0, 35.0, 80.0],
        "dry": [True, False, True, True],
        "site": ["A"] * 4,
        "mass": [1.5, 2.5, 1.5, 3.5],
    }
)
TABLE = Space.from_table(FRAME, descriptors=["mass"])


@pytest.mark.parametrize("frame", [None, 5, "candidates.csv", [{"a": 1}, {"a": 2}], FRAME["eq"]])
def test_what_is_no_table_is_told_how_to_become_one(frame: Any) -> None:
    with pytest.raises(InvalidInputError, match=rf"given {type(frame).__name__}: pandas\.DataFrame"):
        Space.from_table(frame)


@pytest.mark.parametrize("cells", [1, "abc", None])
def test_columns_that_hold_no_cells_are_refused(cells: Any) -> None:
    with pytest.raises(InvalidInputError, match="column 'b' must be a list of cells"):
        Space.from_table({"a": [1, 2], "b": cells})


def test_columns_become_parameters() -> None:
    assert TABLE.parameters == {
        "solvent": Categorical(["DMF", "water", "DMAc"]),
        "eq": Int(1, 3),
        "t": Float(20.5, 80.0),
        "dry": Categorical([True, False]),
        "site": Fixed("A"),
    }
    assert TABLE.columns == ["solvent", "eq", "t", "dry", "mass"]
    assert TABLE.categorical_features == [0, 3]
    assert TABLE.size == 4
    assert TABLE.candidates is not None
    np.testing.assert_allclose(TABLE.candidates[1], [1, 0.5, 1.0, 1, 0.5])


def test_rows_come_back_exactly() -> None:
    choices = FRAME.drop(columns="mass").to_dict("records")
    assert TABLE.candidates is not None
    assert TABLE.decode(TABLE.candidates) == choices
    assert TABLE.decode(TABLE.candidates, descriptors=True) == FRAME.to_dict("records")
    np.testing.assert_array_equal(TABLE.encode(choices), TABLE.candidates)
    np.testing.assert_array_equal(TABLE.row_index(TABLE.candidates[[2, 0]]), [2, 0])
    assert [TABLE.validate(row) for row in choices] == choices


rows = data_frames(
    columns=[
        column("f", elements=st.floats(-1e6, 1e6)),
        column("i", dtype=int, elements=st.integers(-(2**60), 2**60)),
        column("t", elements=st.sampled_from(["a", "b", "ü", ""]), dtype=object),
        column("b", dtype=bool),
    ],
    index=range_indexes(min_size=2, max_size=8),
)


@settings(max_examples=60)
@given(rows)
def test_any_table_decodes_to_its_rows(frame: pd.DataFrame) -> None:
    if all(frame[name].nunique() == 1 for name in frame):
        with pytest.raises(InvalidInputError, match="no parameter to vary"):
            Space.from_table(frame)
        return
    try:
        space = Space.from_table(frame)
    except InvalidInputError as error:
        assume("too extreme" in str(error))  # a column of subnormal numbers
        assume(False)
    records = frame.to_dict("records")
    assert space.candidates is not None
    decoded = space.decode(space.candidates)
    assert all(row in records for row in decoded)
    assert space.size == len(np.unique(space.candidates, axis=0))
    np.testing.assert_array_equal(space.encode(decoded), space.candidates)
    again = Space.from_dict(json.loads(json.dumps(space.to_dict(), sort_keys=True)))
    assert again == space
    np.testing.assert_array_equal(again.candidates, space.candidates)


def test_arbitrary_points_snap_to_the_nearest_row() -> None:
    assert TABLE.candidates is not None
    noisy = TABLE.candidates + np.random.default_rng(0).normal(0, 0.05, TABLE.candidates.shape)
    np.testing.assert_array_equal(TABLE.snap(noisy), TABLE.candidates)
    assert TABLE.decode(noisy) == TABLE.decode(TABLE.candidates)


def test_identical_rows_are_merged_into_the_first() -> None:
    space = Space.from_table(pd.DataFrame({"a": [3, 1, 3, 2], "b": ["x", "y", "x", "x"]}))
    assert space.decode(space.candidates) == [{"a": 3, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}]  # type: ignore[arg-type]


def test_rows_that_break_a_constraint_are_left_out() -> None:
    space = Space.from_table(FRAME, constraints=["eq + t/10 <= 9"])
    assert [row["t"] for row in space.decode(space.candidates)] == [20.5, 35.0]  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="no row of the candidate table satisfies"):
        Space.from_table(FRAME, constraints=["eq >= 3", "t <= 50"])
    with pytest.raises(InvalidInputError, match="not a row"):
        space.validate({"solvent": "water", "eq": 2, "t": 80.0, "dry": False, "mass": 2.5})


def test_columns_can_be_understood_otherwise() -> None:
    polarity = pd.DataFrame({"polarity": [1.0, 2.0, 3.0]}, index=["DMF", "water", "DMAc"])
    space = Space.from_table(
        FRAME,
        parameters={
            "solvent": Categorical(["DMF", "DMAc", "water"], descriptors=polarity),
            "eq": [1, 2, 3],
            "t": Float(10.0, 100.0, log=True),
        },
    )
    assert space.parameters["eq"] == Categorical([1, 2, 3], ordered=True)
    assert space.descriptors[0].shape == (3, 1)
    assert space.decode(space.candidates) == FRAME.to_dict("records")  # type: ignore[arg-type]
    assert Space.from_dict(json.loads(json.dumps(space.to_dict()))) == space


def test_an_ordered_pandas_categorical_keeps_its_order() -> None:
    grades = pd.Categorical(["mid", "low", "high"], categories=["low", "mid", "high", "top"], ordered=True)
    space = Space.from_table(pd.DataFrame({"grade": grades}))
    assert space.parameters["grade"] == Categorical(["low", "mid", "high"], ordered=True)
    assert Space.from_dict(space.to_dict()) == space


def test_restriction_keeps_the_rows_that_agree() -> None:
    wet = TABLE.restrict({"solvent": "DMF"})
    assert wet.size == 2
    assert TABLE.size == 4
    assert wet.columns == TABLE.columns
    assert {row["solvent"] for row in wet.decode(np.random.default_rng(0).random((9, 5)))} == {"DMF"}
    with pytest.raises(InvalidInputError, match="no row of the candidate table has"):
        wet.restrict({"eq": 3})


def test_remaining_rows_are_those_not_used() -> None:
    assert TABLE.candidates is not None
    np.testing.assert_array_equal(TABLE.remaining_rows(TABLE.candidates[[1, 1, 3]]), [0, 2])
    np.testing.assert_array_equal(TABLE.remaining_rows(np.empty((0, 5))), [0, 1, 2, 3])
    np.testing.assert_array_equal(TABLE.restrict({"eq": 2}).remaining_rows(TABLE.candidates[[0, 1]]), [1])


def test_points_that_are_no_rows_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="point 1 is not a row"):
        TABLE.row_index(np.stack([TABLE.candidates[0], np.full(5, 0.3)]))  # type: ignore[index]
    with pytest.raises(InvalidInputError, match="not a table"):
        Space({"x": (0.0, 1.0)}).row_index(np.zeros((1, 1)))
    with pytest.raises(InvalidInputError, match="is not a row of the candidate table"):
        TABLE.validate({"solvent": "DMF", "eq": 3, "t": 20.5, "dry": True})
    with pytest.raises(InvalidInputError, match="no parameter 'mass'"):
        TABLE.validate(FRAME.iloc[0].to_dict())


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (FRAME.assign(t=[1.0, np.nan, 2.0, 3.0]), {}, "missing cell in row 2, column 't'"),
        (FRAME.assign(solvent=["a", "b", None, "c"]), {}, "missing cell in row 3, column 'solvent'"),
        (FRAME.assign(eq=pd.array([1, 2, 3, None], dtype="Int64")), {}, "missing cell in row 4, column 'eq'"),
        (FRAME.assign(t=[1.0, np.inf, 2.0, 3.0]), {}, "column 't'"),
        (FRAME.assign(t=pd.date_range("2020-01-01", periods=4)), {}, "column 't' .*Timestamp"),
        (FRAME.iloc[:0], {}, "no rows"),
        (FRAME[[]], {}, "no rows"),
        (FRAME.rename(columns={"t": ""}), {}, "name ''"),
        (FRAME.rename(columns={"t": 3}), {}, "name 3"),
        (FRAME.rename(columns={"t": "eq"}), {}, "two columns called 'eq'"),
        (FRAME.iloc[:1], {}, "no parameter to vary"),
        (FRAME, {"descriptors": ["weight"]}, "no column 'weight'; it has 'solvent'"),
        (FRAME, {"descriptors": "mass"}, "must be a list"),
        (FRAME, {"descriptors": list(FRAME)}, "every column of the candidate table is a descriptor"),
        (
            FRAME,
            {"descriptors": ["solvent", "eq", "t"]},
            "rows 1 and 3 .* differ in the descriptor|no parameter",
        ),
        (FRAME, {"parameters": {"t": (30.0, 90.0)}}, "row 1, column 't' .*20.5 is not between"),
        (FRAME, {"parameters": {"t": None}}, "column 't': None is not a parameter"),
        (FRAME, {"parameters": {"z": (0, 1)}}, "no column 'z'"),
        (FRAME, {"constraints": ["solvent <= 1"]}, "categorical parameter"),
    ],
)
def test_bad_tables_are_refused(frame: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        Space.from_table(frame, **options)


def test_equal_choices_with_different_descriptors_are_refused() -> None:
    frame = pd.DataFrame({"a": [1, 2, 1], "d": [0.1, 0.2, 0.3]})
    with pytest.raises(
        InvalidInputError, match=r"rows 1 and 3 .* same choices but differ in the descriptor 'd'"
    ):
        Space.from_table(frame, descriptors=["d"])
