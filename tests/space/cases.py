"""Spaces that the tests of this room share."""

from __future__ import annotations

from augury.space.parameters import Float
from augury.space.space import Space

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
GOOD = {"x": 0.0, "n": 3, "solvent": "DMF", "rate": 0.1, "layers": 2, "pressure": 3.0}

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
