from __future__ import annotations

import subprocess
import sys
from typing import Any

import pandas as pd
import pytest

from augury.errors import InvalidInputError
from augury.space.parameters import Fixed, Float
from augury.space.space import Space
from tests.space.cases import MIXED


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
        ({"x": ["a"]}, r"parameter 'x': values=\['a'\].*for a constant"),
        ({"x": (1, 2, 3)}, "parameter 'x': .* is not a pair"),
        ({"x": None}, "parameter 'x': None is not a parameter"),
        ([("x", (0.0, 1.0))], "must map names"),
    ],
)
def test_bad_spaces_are_refused(parameters: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        Space(parameters)


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
