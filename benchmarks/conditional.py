"""What is gained by telling that parameters exist only for some choices?

The tuning of an optimiser that may be "sgd" (with momentum, nesterov and, with it, a lookahead), "adam" or
"none", with a synthetic loss whose minimum 0 lies in the deepest branch (lookahead exists). 40 evaluations;
the same function once with `active_if` and once as if all parameters always existed; random points for scale.
Final regret; paired seeds.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import numpy as np

from augury.space.goal import Minimize
from augury.space.parameters import Categorical, Float, Int
from augury.space.space import Space
from augury.study.study import Study
from benchmarks.timing import pin_threads, print_table

SGD, BOTH = {"optimizer": ["sgd"]}, {"optimizer": ["sgd", "adam"]}


def space(*, conditional: bool) -> Space:
    """The parameters, with or without their conditions."""
    nesterov = {"nesterov": [True]}
    sgd, both, deep = (SGD, BOTH, nesterov) if conditional else (None, None, None)
    return Space(
        {
            "optimizer": ["sgd", "adam", "none"],
            "rate": Float(1e-5, 1.0, log=True, active_if=both),
            "momentum": Float(0.0, 1.0, active_if=sgd),
            "nesterov": Categorical([False, True], active_if=sgd),
            "lookahead": Int(1, 5, active_if=deep),
            "width": Int(1, 64),
        }
    )


def loss(params: Mapping[str, Any]) -> float:
    """The synthetic loss; it looks at active parameters only."""
    width = abs(params["width"] - 20) / 64
    if params["optimizer"] == "none":
        return 3.0 + width
    rate = (np.log10(params["rate"]) + 2.3) ** 2 / 4.0
    if params["optimizer"] == "adam":
        return float(1.0 + rate + width)
    ahead = 0.05 * abs(params["lookahead"] - 4) if params["nesterov"] else 0.5
    return float(rate + width + 3.0 * (params["momentum"] - 0.7) ** 2 + ahead)


def regret(seed: int, *, conditional: bool, strategy: str = "auto", budget: int = 40) -> float:
    """The smallest loss of one optimisation."""
    study = Study(
        space(conditional=conditional), [Minimize("loss")], strategy=strategy, store=None, seed=seed
    )
    best = float("inf")
    for _ in range(budget):
        (trial,) = study.ask()
        value = loss(trial.params)
        study.tell(trial, value)
        best = min(best, value)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--quick", action="store_true", help="one seed, 12 evaluations")
    arguments = parser.parse_args()
    pin_threads(1)
    seeds, budget = (1, 12) if arguments.quick else (arguments.seeds, 40)
    runs = {
        "with active_if": [regret(s, conditional=True, budget=budget) for s in range(seeds)],
        "as if always there": [regret(s, conditional=False, budget=budget) for s in range(seeds)],
        "random, with active_if": [
            regret(s, conditional=True, strategy="random", budget=budget) for s in range(seeds)
        ],
    }
    rows = [
        {"": name, "median": float(np.median(values)), "mean": float(np.mean(values)), "worst": max(values)}
        for name, values in runs.items()
    ]
    print_table(f"final regret after {budget} evaluations, {seeds} seeds", rows)
    first, second = (np.array(values) for values in list(runs.values())[:2])
    print(f"lower with active_if in {int((first < second).sum())} of {seeds} seeds")


if __name__ == "__main__":
    main()
