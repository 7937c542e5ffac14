from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.space.space import Space
from tests.space.cases import CONSTRAINED


@given(st.lists(st.floats(0, 1), min_size=5, max_size=5), st.integers(0, 1))
def test_constraints_are_evaluated_in_raw_units(units: list[float], code: int) -> None:
    X = CONSTRAINED.snap(np.array([[*units[:4], float(code)]]))
    params = CONSTRAINED.decode(X)[0]
    expected = [params["a"] + 2 * params["n"] - 8.0, 2.0 - 10 * params["rate"] - params["k"]]
    np.testing.assert_allclose(CONSTRAINED.constraint_values(X)[0], expected, atol=1e-9)
    if abs(max(expected)) > 1e-7:  # closer to the limit, the tolerance for rounding decides
        assert CONSTRAINED.feasible(X)[0] == (max(expected) <= 0.0)


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
