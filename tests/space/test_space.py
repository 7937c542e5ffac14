from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.parameters import Categorical, Fixed, Float, Int
from augury.space.space import Space
from tests.space.strategies import close, floats, params_of, same, spaces, value_of, varying

MIXED = Space(
    {
        "x": (-5.0, 10.0),
        "n": (1, 16),
        "solvent": ["DMF", "DMAc"],
        "rate": Float(1e-5, 1, log=True),
        "layers": [1, 2, 4, 8],
        "pressure": 3.0,
    }
)


# --- encoding ----------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_decode_inverts_encode(data: st.DataObject) -> None:
    space = data.draw(spaces())
    params = data.draw(st.lists(params_of(space), min_size=1, max_size=4))
    decoded = space.decode(space.encode(params))
    for before, after in zip(params, decoded, strict=True):
        assert list(after) == space.names
        for name, parameter in space.parameters.items():
            if isinstance(parameter, Float) and parameter.step is None:
                assert close(parameter, before[name], after[name])
            else:
                assert same(before[name], after[name])


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_an_encoded_point_never_drifts(data: st.DataObject) -> None:
    space = data.draw(spaces())
    units = st.floats(-0.5, 1.5)
    U = np.array(data.draw(st.lists(st.lists(units, min_size=space.dim, max_size=space.dim), min_size=1)))
    X = space.snap(U * np.maximum(space.bounds[1], 1.0))
    decoded = space.decode(X)
    np.testing.assert_array_equal(space.encode(decoded), X)
    np.testing.assert_array_equal(space.snap(X), X)
    assert decoded == space.decode(space.encode(decoded))
    assert (space.bounds[0] <= X).all()
    assert (space.bounds[1] >= X).all()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_encoding_of_given_values_is_stable(data: st.DataObject) -> None:
    parameter = data.draw(varying)
    space = Space({"p": parameter})
    X = space.encode([{"p": data.draw(value_of(parameter))}])
    np.testing.assert_array_equal(space.encode(space.decode(X)), X)
    np.testing.assert_array_equal(space.snap(X), X)


@given(st.data())
def test_bounds_map_to_the_ends_and_back(data: st.DataObject) -> None:
    parameter = data.draw(
        varying.filter(lambda p: isinstance(p, Int) or (isinstance(p, Float) and not p.step))
    )
    assert isinstance(parameter, (Float, Int))
    top = (
        parameter.high
        if isinstance(parameter, Float)
        else parameter.high - ((parameter.high - parameter.low) % parameter.step)
    )
    space = Space({"p": parameter})
    np.testing.assert_array_equal(space.encode([{"p": parameter.low}, {"p": top}]), [[0.0], [1.0]])
    assert space.decode(np.array([[0.0], [1.0]])) == [{"p": parameter.low}, {"p": top}]


@given(st.integers(-1000, 1000), st.integers(1, 1000), st.integers(0, 10**6))
def test_numbers_that_a_person_writes_come_back_exactly(low: int, width: int, millionths: int) -> None:
    space = Space({"x": Float(low, low + width), "rate": Float(1e-6, 10.0, log=True)})
    params = {"x": float(f"{low + width * millionths / 10**6:.6f}"), "rate": (millionths + 1) / 10**6}
    assert space.decode(space.encode([params])) == [params]


@given(st.data())
def test_encoding_keeps_the_order(data: st.DataObject) -> None:
    parameter = data.draw(varying.filter(lambda p: not isinstance(p, Categorical)))
    a, b = sorted(data.draw(st.tuples(value_of(parameter), value_of(parameter))))
    X = Space({"p": parameter}).encode([{"p": a}, {"p": b}])
    assert X[0, 0] <= X[1, 0]


@given(floats())
def test_encoding_is_linear_in_the_value(parameter: Float) -> None:
    middle = parameter.low + 0.25 * (parameter.high - parameter.low)
    width = (middle - parameter.low) / (parameter.high - parameter.low)
    assert Space({"p": parameter}).encode([{"p": middle}])[0, 0] == pytest.approx(width, abs=1e-13)


def test_logarithmic_encoding_follows_ratios() -> None:
    space = Space({"rate": Float(1e-4, 1.0, log=True), "n": Int(1, 10_000, log=True)})
    X = space.encode([{"rate": 10.0**-k, "n": 10 ** (4 - k)} for k in range(5)])
    np.testing.assert_allclose(X, np.linspace(1.0, 0.0, 5)[:, None] * np.ones(2), atol=1e-14)


def test_integers_on_a_log_scale_snap_to_the_nearest_level() -> None:
    space = Space({"n": Int(3, 700, log=True)})
    levels = space.levels[0]
    u = np.linspace(0.0, 1.0, 20_001)
    nearest = levels[np.argmin(np.abs(u[:, None] - levels), axis=1)]
    np.testing.assert_allclose(np.abs(space.snap(u[:, None])[:, 0] - u), np.abs(nearest - u), atol=1e-12)


def test_true_is_not_one() -> None:
    space = Space({"c": Categorical([1, "1", True, 2.5])})
    for value in (1, "1", True, 2.5):
        assert same(space.decode(space.encode([{"c": value}]))[0]["c"], value)
    with pytest.raises(InvalidInputError, match="'c': False is not one of"):
        space.encode([{"c": False}])


def test_negative_zero_is_zero() -> None:
    space = Space({"x": (-1.0, 1.0), "y": Float(-0.0, 1.0)})
    np.testing.assert_array_equal(
        space.encode([{"x": -0.0, "y": -0.0}]), space.encode([{"x": 0.0, "y": 0.0}])
    )


def test_tensors_decode_like_arrays() -> None:
    X = np.array([[0.3, 0.0, 1.0, 0.5, 1.0]])
    assert MIXED.decode(torch.from_numpy(X).requires_grad_()) == MIXED.decode(X)


def test_nothing_encodes_to_an_empty_array() -> None:
    assert MIXED.encode([]).shape == (0, MIXED.dim)
    assert MIXED.decode(np.empty((0, MIXED.dim))) == []


@pytest.mark.parametrize(
    ("X", "message"),
    [(np.zeros((2, 3)), "n x 5"), (np.zeros(5), "n x 5"), (np.full((1, 5), np.nan), "not finite")],
)
def test_malformed_points_are_refused(X: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        MIXED.decode(X)


# --- columns -----------------------------------------------------------------------------------------


def test_columns_describe_the_encoding() -> None:
    assert MIXED.names == ["x", "n", "solvent", "rate", "layers", "pressure"]
    assert MIXED.columns == ["x", "n", "solvent", "rate", "layers"]
    assert MIXED.categorical_features == [2]
    assert MIXED.cardinalities == {2: 2}
    np.testing.assert_array_equal(MIXED.bounds, [[0, 0, 0, 0, 0], [1, 1, 1, 1, 1]])
    assert set(MIXED.levels) == {1, 4}
    np.testing.assert_allclose(MIXED.levels[4], [0, 1 / 3, 2 / 3, 1])
    assert MIXED.size is None
    assert Space({"n": (1, 16), "c": ["a", "b", "c"]}).size == 48


@given(spaces())
def test_levels_are_the_encodings_of_all_values(space: Space) -> None:
    for column, levels in space.levels.items():
        assert (np.diff(levels) > 0).all()
        assert len(levels) == space.column_parameters[column].n_levels
        X = np.zeros((len(levels), space.dim))
        X[:, column] = levels
        np.testing.assert_array_equal(space.snap(X)[:, column], levels)


def test_columns_with_many_levels_count_as_continuous() -> None:
    assert list(Space({"few": (1, 1000), "many": (1, 1001)}).levels) == [0]


def test_descriptors_are_tensors_scaled_to_the_unit_interval() -> None:
    frame = pd.DataFrame({"polarity": [3.0, 1.0, 2.0], "mass": [5, 5, 5]}, index=["c", "a", "b"])
    space = Space({"x": (0.0, 1.0), "solvent": Categorical(["a", "b", "c"], descriptors=frame)})
    np.testing.assert_array_equal(space.descriptors[1].numpy(), [[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]])
    assert space.descriptors[1].dtype == torch.float64
    assert MIXED.descriptors == {}


# --- validation --------------------------------------------------------------------------------------


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


GOOD = {"x": 0.0, "n": 3, "solvent": "DMF", "rate": 0.1, "layers": 2, "pressure": 3.0}


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


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"": (0.0, 1.0)}, "name ''"),
        ({"  ": (0.0, 1.0)}, "name '  '"),
        ({3: (0.0, 1.0)}, "name 3"),
        ({"a`b": (0.0, 1.0)}, "backtick"),
        ({}, "no parameter to vary"),
        ({"k": 3}, "no parameter to vary"),
        ({"x": (1.0, 0.0)}, "parameter 'x': low=1.0 must be less than high=0.0"),
        ({"x": (1.0, 1.0)}, "parameter 'x': low=1.0"),
        ({"x": ["a"]}, r"parameter 'x': values=\['a'\].*Fixed\('a'\)"),
        ({"x": (1, 2, 3)}, "parameter 'x': .* is not a pair"),
        ({"x": None}, "parameter 'x': None is not a parameter"),
        ([("x", (0.0, 1.0))], "must map names"),
    ],
)
def test_bad_spaces_are_refused(parameters: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        Space(parameters)


def test_roles_and_conditions_are_not_supported_yet() -> None:
    with pytest.raises(NotSupportedError, match="'f': role='fidelity'"):
        Space({"x": (0.0, 1.0), "f": Float(0.1, 1.0, role="fidelity", cost=2.0)})
    with pytest.raises(NotSupportedError, match="'y': active_if"):
        Space({"x": ["a", "b"], "y": Float(0.0, 1.0, active_if={"x": ["a"]})})


# --- constraints -------------------------------------------------------------------------------------

CONSTRAINED = Space(
    {
        "a": (0.0, 10.0),
        "n": (0, 5),
        "rate": Float(0.01, 1.0, log=True),
        "k": [1, 2, 5],
        "c": 2.0,
        "s": ["u", "v"],
    },
    constraints=["a + 2*n <= 10 - c", "10*rate + k >= 2"],
)


@given(st.lists(st.floats(0, 1), min_size=5, max_size=5), st.integers(0, 1))
def test_constraints_are_evaluated_in_raw_units(units: list[float], code: int) -> None:
    X = CONSTRAINED.snap(np.array([[*units[:4], float(code)]]))
    params = CONSTRAINED.decode(X)[0]
    expected = [params["a"] + 2 * params["n"] - 8.0, 2.0 - 10 * params["rate"] - params["k"]]
    np.testing.assert_allclose(CONSTRAINED.constraint_values(X)[0], expected, atol=1e-9)
    assert CONSTRAINED.feasible(X)[0] == (max(expected) <= 1e-8)


@given(st.lists(st.floats(0.01, 0.99), min_size=5, max_size=5))
def test_the_constraint_jacobian_matches_finite_differences(units: list[float]) -> None:
    X = np.array([units])
    h = 1e-6
    steps = [(CONSTRAINED.constraint_values(X + h * e) - CONSTRAINED.constraint_values(X - h * e)) / (2 * h)
             for e in np.eye(5)]  # fmt: skip
    if min(abs(units[3] - kink) for kink in (0.5,)) > 1e-3:
        expected = np.stack([step[0] for step in steps], axis=1)
        np.testing.assert_allclose(CONSTRAINED.constraint_jacobian(X)[0], expected, atol=1e-5)


def test_linear_inequalities_exist_where_values_are_affine() -> None:
    assert CONSTRAINED.linear_inequalities is None
    space = Space({"a": (0.0, 10.0), "n": (0, 5), "s": ["u", "v"]}, constraints=["a + 2*n <= 10", "a >= n"])
    assert space.linear_inequalities is not None
    A, b = space.linear_inequalities
    X = np.random.default_rng(0).random((50, 3))
    np.testing.assert_allclose(X @ A.T - b, space.constraint_values(X), atol=1e-12)
    assert Space({"a": (0.0, 1.0)}).linear_inequalities is None


def test_a_point_on_the_border_is_feasible_in_spite_of_rounding() -> None:
    space = Space({"a": (0.0, 1.0), "b": (0.0, 1.0)}, constraints=["a + b <= 0.3"])
    assert space.validate({"a": 0.1, "b": 0.2}) == {"a": 0.1, "b": 0.2}


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        (["a + q <= 1"], "names 'q', which is not a parameter; there are 'a', 'n'"),
        (["a + s <= 1"], "parameter 's': a categorical parameter cannot"),
        (["a >= 11"], "no point of the space satisfies the constraints a >= 11"),
        (["a + 3*n >= 24", "a - n <= 3", "n <= 4"], "no point of the space satisfies"),
        ("a <= 1", "must be a list"),
        (["a < 1"], "<="),
    ],
)
def test_bad_constraints_are_refused(constraints: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        Space({"a": (0.0, 10.0), "n": (0, 5), "s": ["u", "v"]}, constraints=constraints)


def test_whole_numbers_are_whole_when_constraints_are_checked() -> None:
    """2n = 3 has a solution between the integers only."""
    with pytest.raises(InvalidInputError, match="no point of the space satisfies"):
        Space({"n": (0, 5), "m": (0, 5)}, constraints=["2*n + 2*m <= 3", "2*n + 2*m >= 3"])
    with pytest.raises(InvalidInputError, match="no point of the space satisfies"):
        Space({"n": [1, 2, 8], "m": [1, 2, 8]}, constraints=["n + m >= 5", "n + m <= 8"])


def test_params_that_violate_a_constraint_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"violates the constraint 'a \+ 2\*n <= 10 - c' by 12"):
        CONSTRAINED.validate({"a": 10.0, "n": 5, "rate": 1.0, "k": 5, "s": "u"})


# --- restriction -------------------------------------------------------------------------------------


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
        ({"y": 1}, "no parameter 'y' to hold"),
        ({"n": 17}, "'n': 17 is not between"),
        ({"a": 9.0}, "no point of the space with {'a': 9.0} satisfies"),
        ({"c": 1.0}, "'c': 1.0 is not the fixed value"),
    ],
)
def test_bad_restrictions_are_refused(fixed: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        CONSTRAINED.restrict(fixed)


# --- schema ------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(spaces())
def test_the_schema_survives_json(space: Space) -> None:
    assert Space.from_dict(json.loads(json.dumps(space.to_dict(), sort_keys=True))) == space


def test_the_schema_holds_constraints() -> None:
    again = Space.from_dict(json.loads(json.dumps(CONSTRAINED.to_dict())))
    assert again == CONSTRAINED
    assert again.constraints == CONSTRAINED.constraints


def test_a_newer_schema_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="version 99"):
        Space.from_dict(MIXED.to_dict() | {"version": 99})


def test_different_spaces_are_unequal() -> None:
    spaces = [
        Space({"x": (0.0, 1.0)}),
        Space({"x": (0.0, 2.0)}),
        Space({"x": (0.0, 1.0)}, constraints=["x <= 0.5"]),
        Space({"x": [True, "a"]}),
        Space({"x": [1, "a"]}),
        Space({"x": (0.0, 1.0), "k": 1}),
    ]
    for i, a in enumerate(spaces):
        assert [b == a for b in spaces] == [i == j for j in range(len(spaces))]


def test_of_accepts_every_form() -> None:
    assert Space.of(MIXED) is MIXED
    assert Space.of({"x": (0.0, 1.0)}) == Space({"x": (0.0, 1.0)})
    assert Space.of(pd.DataFrame({"x": [1.0, 2.0]})).size == 2
    with pytest.raises(InvalidInputError, match="not 3"):
        Space.of(3)


def test_repr_has_a_line_per_parameter() -> None:
    assert repr(MIXED).splitlines() == [
        "Space:",
        "  x: Float(-5.0, 10.0)",
        "  n: Int(1, 16)",
        "  solvent: Categorical(['DMF', 'DMAc'])",
        "  rate: Float(1e-05, 1.0, log=True)",
        "  layers: Categorical([1, 2, 4, 8], ordered=True)",
        "  pressure: Fixed(3.0)",
    ]
    assert eval(repr(MIXED.parameters["rate"]), {"Float": Float}) == MIXED.parameters["rate"]
    assert Fixed(3.0) == MIXED.parameters["pressure"]


def test_spaces_are_made_without_torch_and_pandas() -> None:
    code = (
        "import sys, augury.space.parameters, augury.space.space, augury.space.goals, augury.space.toml;"
        "augury.space.space.Space({'x': (0.0, 1.0)}).encode([{'x': 0.5}]);"
        "sys.exit('torch' in sys.modules or 'pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
