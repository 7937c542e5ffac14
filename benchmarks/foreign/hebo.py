"""HEBO: `pip install HEBO`. Its default optimiser (input and output warping, three acquisitions at once)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hebo.design_space.design_space import DesignSpace
from hebo.optimizers.hebo import HEBO

from benchmarks.foreign.protocol import Parameters, serve


class Hebo:
    """See the module."""

    def __init__(self, parameters: Parameters, seed: int) -> None:
        np.random.seed(seed)  # noqa: NPY002 (what HEBO itself draws from)
        space = DesignSpace().parse([_parameter(name, schema) for name, schema in parameters])
        self.optimiser = HEBO(space, rand_sample=1, scramble_seed=seed)

    def ask(self) -> dict[str, Any]:
        return dict(self.optimiser.suggest(1).iloc[0])

    def tell(self, params: dict[str, Any], value: float) -> None:
        self.optimiser.observe(pd.DataFrame([params]), np.array([[value]]))


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter of augury's schema in HEBO's terms."""
    if schema["type"] == "categorical":
        return {"name": name, "type": "cat", "categories": schema["values"]}
    whole = schema["type"] == "int"
    kind = ("pow_int" if whole else "pow") if schema.get("log") else ("int" if whole else "num")
    return {"name": name, "type": kind, "lb": schema["low"], "ub": schema["high"]}


if __name__ == "__main__":
    serve(Hebo)
