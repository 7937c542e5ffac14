"""SMAC's side of `benchmarks.mixed_spaces`: asks and tells as JSON lines; runs in an environment of its own.

The hyperparameter facade with its default options (random forest, log expected improvement), which its
documentation recommends where parameters are categorical; the initial design is told instead of drawn.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import warnings
from typing import Any

from ConfigSpace import Categorical, Configuration, ConfigurationSpace, Float, Integer
from smac import HyperparameterOptimizationFacade, Scenario
from smac.runhistory.dataclasses import TrialInfo, TrialValue


def parameter(name: str, schema: dict[str, Any]) -> Any:
    """A parameter of augury's schema in ConfigSpace's terms."""
    if schema["type"] == "categorical":
        return Categorical(name, schema["values"])
    kind = Float if schema["type"] == "float" else Integer
    return kind(name, (schema["low"], schema["high"]), log=schema.get("log", False))


def plain(value: Any) -> Any:
    """A value without NumPy's types."""
    return value.item() if hasattr(value, "item") else value


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    start = json.loads(sys.stdin.readline())
    space = ConfigurationSpace(seed=start["seed"])
    space.add([parameter(name, schema) for name, schema in start["parameters"]])
    with tempfile.TemporaryDirectory() as folder:
        scenario = Scenario(
            space, deterministic=True, n_trials=10_000, seed=start["seed"], output_directory=folder
        )
        smac = HyperparameterOptimizationFacade(
            scenario,
            lambda config, seed=0: 0.0,
            initial_design=HyperparameterOptimizationFacade.get_initial_design(scenario, n_configs=0),
            intensifier=HyperparameterOptimizationFacade.get_intensifier(scenario, max_config_calls=1),
            logging_level=False,
            overwrite=True,
        )
        for params, cost in start["told"]:
            smac.tell(TrialInfo(Configuration(space, params), seed=0), TrialValue(cost=cost))
        info = smac.ask()
        print(json.dumps({name: plain(value) for name, value in dict(info.config).items()}), flush=True)
        for line in sys.stdin:
            smac.tell(info, TrialValue(cost=json.loads(line)))
            info = smac.ask()
            print(json.dumps({name: plain(value) for name, value in dict(info.config).items()}), flush=True)


if __name__ == "__main__":
    main()
