from __future__ import annotations

import itertools

import numpy as np

from augury.space.enumeration import all_points
from augury.space.parameters import Float, Int
from augury.space.space import Space

SPACE = Space(
    {"n": (1, 4), "k": Int(1, 5, log=True), "c": ["u", "v"], "t": Float(0.0, 1.0, step=0.5), "p": 2},
    constraints=["n + k <= 6"],
)


def test_every_feasible_point_is_listed_once() -> None:
    expected = [
        {"n": n, "k": k, "c": c, "t": t, "p": 2}
        for n, k, c, t in itertools.product(range(1, 5), range(1, 6), "uv", (0.0, 0.5, 1.0))
        if n + k <= 6
    ]
    assert SPACE.decode(all_points(SPACE)) == expected


def test_held_columns_have_one_value() -> None:
    held = SPACE.restrict({"k": 5, "c": "v"})
    assert {(params["n"], params["k"], params["c"]) for params in held.decode(all_points(held))} == {
        (1, 5, "v")
    }
    np.testing.assert_array_equal(held.snap(all_points(held)), all_points(held))
