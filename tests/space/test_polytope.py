from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.space.parameters import Categorical, Fixed, Float, Int
from augury.space.polytope import Polytope, feasible_point
from augury.space.space import Space

DISCRETE: dict[str, Any] = {
    "n": Int(-2, 3),
    "e": Int(0, 9, step=3),
    "l": Int(1, 6, log=True),
    "s": Float(0.0, 1.0, step=0.25),
    "k": Categorical([1, 2, 8], ordered=True),
    "c": Fixed(2.5),
}
VALUES = {
    "n": range(-2, 4),
    "e": (0, 3, 6, 9),
    "l": range(1, 7),
    "s": (0.0, 0.25, 0.5, 0.75, 1.0),
    "k": (1, 2, 8),
    "c": (2.5,),
}
POINTS = [dict(zip(VALUES, values, strict=True)) for values in product(*VALUES.values())]
TABLE = np.array([list(point.values()) for point in POINTS], dtype=float)

weights = st.lists(st.integers(-3, 3), min_size=6, max_size=6).filter(lambda w: any(w[:5]))
constraints = st.lists(st.tuples(weights, st.integers(-12, 12)), min_size=1, max_size=3)


def as_text(weight: list[int], bound: int) -> str:
    return " + ".join(f"({w})*{name}" for w, name in zip(weight, VALUES, strict=True) if w) + f" <= {bound}"


@settings(max_examples=60)
@given(constraints)
def test_feasibility_agrees_with_listing_every_point(given: list[tuple[list[int], int]]) -> None:
    allowed = np.all([TABLE @ np.array(weight, dtype=float) <= bound for weight, bound in given], axis=0)
    texts = [as_text(weight, bound) for weight, bound in given]
    if not allowed.any():
        with pytest.raises(InvalidInputError, match="no point of the space satisfies"):
            Space(DISCRETE, constraints=texts)
        return
    space = Space(DISCRETE, constraints=texts)
    point = feasible_point(space)
    assert point is not None
    assert space.feasible(space.snap(point[None]))[0]
    np.testing.assert_array_equal(space.feasible(space.encode(POINTS)), allowed)


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3), st.integers(0, 2))
def test_vertices_are_the_lowest_points(direction: list[float], held: int) -> None:
    space = Space(
        {"a": (0.0, 4.0), "r": Float(0.5, 8.0, log=True), "n": (0, 4)},
        constraints=["a + r + n <= 6", "a >= n"],
    )
    space = space.restrict({"n": held})
    assert space.inequalities is not None
    vertex = Polytope(space, space.inequalities).vertex(np.array(direction))
    assert vertex is not None
    assert space.feasible(vertex[None])[0]
    assert space.decode(vertex[None])[0]["n"] == held
    X = space.snap(np.random.default_rng(0).random((500, 3)))
    X = X[space.feasible(X)]
    heights = space.inequalities.natural(np.vstack([vertex, X])) / [4.0, 7.5, 4.0] @ np.array(direction)
    assert heights[0] <= heights[1:].min(initial=np.inf) + 1e-6
