"""A whole optimisation by a peer in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.campaigns import Campaign

#: Whose modules lie beside this one: name -> what to install.
FOREIGN = {
    "smac": "smac",
    "ax": "ax-platform",
    "hebo": "HEBO",
    "skopt": "scikit-optimize",
}


def set_python(name: str, python: Path | None) -> None:
    """In which environment the peer called `name` runs, here and in processes started from here."""
    if python is not None:
        os.environ[_variable(name)] = str(python)


def has_python(name: str) -> bool:
    """Whether it can run."""
    return _variable(name) in os.environ


def run_foreign(campaign: Campaign, name: str) -> None:
    """The peer called `name` (of `FOREIGN`), told the initial design, to the end of the budget."""
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [os.environ[_variable(name)], "-P", "-m", f"benchmarks.foreign.{name}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        parameters = [[name, p.to_dict()] for name, p in campaign.problem.space.parameters.items()]
        told = [[p, -campaign.sign * y] for p, y in zip(campaign.params, campaign.observed, strict=True)]
        message: Any = {"parameters": parameters, "told": told, "seed": campaign.seed}
        while campaign.remaining:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            params = campaign.problem.space.validate(json.loads(process.stdout.readline()))
            message = -campaign.sign * campaign.evaluate(params)
        process.stdin.close()


def _variable(name: str) -> str:
    return f"AUGURY_BENCHMARK_{name.upper()}"
