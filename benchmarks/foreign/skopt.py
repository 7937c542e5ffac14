"""scikit-optimize: `pip install scikit-optimize`. Its `Optimizer` with its default process and portfolio."""

from __future__ import annotations

from typing import Any

from skopt import Optimizer
from skopt.space import Categorical, Integer, Real

from benchmarks.foreign.protocol import Parameters, serve


class ScikitOptimize:
    """See the module."""

    def __init__(self, parameters: Parameters, seed: int) -> None:
        self.names = [name for name, _ in parameters]
        dimensions = [_dimension(name, schema) for name, schema in parameters]
        self.optimiser = Optimizer(dimensions, n_initial_points=0, random_state=seed)

    def ask(self) -> dict[str, Any]:
        return dict(zip(self.names, self.optimiser.ask(), strict=True))

    def tell(self, params: dict[str, Any], value: float) -> None:
        self.optimiser.tell([params[name] for name in self.names], value)


def _dimension(name: str, schema: dict[str, Any]) -> Any:
    """A parameter of augury's schema in skopt's terms."""
    if schema["type"] == "categorical":
        return Categorical(schema["values"], name=name)
    kind = Real if schema["type"] == "float" else Integer
    prior = "log-uniform" if schema.get("log") else "uniform"
    return kind(schema["low"], schema["high"], prior=prior, name=name)


if __name__ == "__main__":
    serve(ScikitOptimize)
