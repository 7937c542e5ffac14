"""Ax: `pip install ax-platform`. Its `Client` with the generation strategy that it chooses by default."""

from __future__ import annotations

from typing import Any

from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

from benchmarks.foreign.protocol import Parameters, serve


class Ax:
    """See the module."""

    def __init__(self, parameters: Parameters, seed: int) -> None:
        self.client = Client(random_seed=seed)
        self.client.configure_experiment(parameters=[_parameter(name, schema) for name, schema in parameters])
        self.client.configure_optimization(objective="-value")
        self.asked: int | None = None

    def ask(self) -> dict[str, Any]:
        ((self.asked, params),) = self.client.get_next_trials(max_trials=1).items()
        return dict(params)

    def tell(self, params: dict[str, Any], value: float) -> None:
        trial = self.client.attach_trial(parameters=params) if self.asked is None else self.asked
        self.client.complete_trial(trial_index=trial, raw_data={"value": value})


def _parameter(name: str, schema: dict[str, Any]) -> Any:
    """A parameter of augury's schema in Ax's terms."""
    if schema["type"] == "categorical":
        kind = {str: "str", bool: "bool", int: "int", float: "float"}[type(schema["values"][0])]
        return ChoiceParameterConfig(
            name=name, values=schema["values"], parameter_type=kind, is_ordered=False
        )
    scaling = "log" if schema.get("log") else "linear"
    bounds = (schema["low"], schema["high"])
    return RangeParameterConfig(name=name, bounds=bounds, parameter_type=schema["type"], scaling=scaling)


if __name__ == "__main__":
    serve(Ax)
