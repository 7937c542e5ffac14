"""SMAC: `pip install smac`.

The hyperparameter facade with its default options (random forest, log expected improvement), which its
documentation recommends where parameters are categorical; the initial design is told instead of drawn.
"""

from __future__ import annotations

import tempfile
from typing import Any

from ConfigSpace import Categorical, Configuration, ConfigurationSpace, Float, Integer
from smac import HyperparameterOptimizationFacade, Scenario
from smac.runhistory.dataclasses import TrialInfo, TrialValue

from benchmarks.foreign.protocol import Parameters, serve


class Smac:
    """See the module."""

    def __init__(self, parameters: Parameters, seed: int) -> None:
        self.space = ConfigurationSpace(seed=seed)
        self.space.add([_parameter(name, schema) for name, schema in parameters])
        self.folder = tempfile.TemporaryDirectory()
        scenario = Scenario(
            self.space, deterministic=True, n_trials=10_000, seed=seed, output_directory=self.folder.name
        )
        self.optimiser = HyperparameterOptimizationFacade(
            scenario,
            lambda config, seed=0: 0.0,
            initial_design=HyperparameterOptimizationFacade.get_initial_design(scenario, n_configs=0),
            intensifier=HyperparameterOptimizationFacade.get_intensifier(scenario, max_config_calls=1),
            logging_level=False,
            overwrite=True,
        )
        self.asked: Any = None

    def ask(self) -> dict[str, Any]:
        self.asked = self.optimiser.ask()
        return dict(self.asked.config)

    def tell(self, params: dict[str, Any], value: float) -> None:
        info = self.asked or TrialInfo(Configuration(self.space, params), seed=0)
        self.optimiser.tell(info, TrialValue(cost=value))


def _parameter(name: str, schema: dict[str, Any]) -> Any:
    """A parameter of augury's schema in ConfigSpace's terms."""
    if schema["type"] == "categorical":
        return Categorical(name, schema["values"])
    kind = Float if schema["type"] == "float" else Integer
    return kind(name, (schema["low"], schema["high"]), log=schema.get("log", False))


if __name__ == "__main__":
    serve(Smac)
