"""Is an optimum on the edge of a failing region found, and at the price of how many failures?

A tilted quadratic in the unit square whose unconstrained optimum lies beyond a straight edge, on whose far
side every evaluation fails; edge and tilt differ by seed. 30 evaluations one at a time; regret is measured to
the best point that does not fail.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from augury.space.goal import Minimize
from augury.study import Failure
from augury.study.study import Study
from benchmarks.timing import pin_threads, print_table, write_json

BUDGET = 30
_BEYOND = 0.15  # how far beyond the edge the unconstrained optimum lies
_CURVATURES = np.array([4.0, 6.0])


@dataclass(frozen=True)
class Edge:
    """The problem: points with `(x - centre) . normal > offset` fail."""

    normal: np.ndarray
    offset: float

    @classmethod
    def draw(cls, seed: int) -> Edge:
        rng = np.random.default_rng(seed)
        angle = rng.uniform(0.0, 2.0 * np.pi)
        return cls(np.array([np.cos(angle), np.sin(angle)]), rng.uniform(-0.1, 0.2))

    def fails(self, X: np.ndarray) -> np.ndarray:
        """Which of the points (N x 2) fail."""
        return (X - 0.5) @ self.normal > self.offset

    def values(self, X: np.ndarray) -> np.ndarray:
        """The outcome at each point (N x 2), where it can be measured."""
        optimum = 0.5 + self.normal * (self.offset + _BEYOND)
        return np.square(X - optimum) @ _CURVATURES

    def best(self) -> float:
        """The least value that can be measured, on a fine grid."""
        axis = np.linspace(0.0, 1.0, 1001)
        X = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        return float(self.values(X[~self.fails(X)]).min())


def run(seed: int, budget: int = BUDGET) -> tuple[list[bool], float]:
    """Which evaluations of one optimisation failed, and its final regret."""
    edge = Edge.draw(seed)
    study = Study({"x": (0.0, 1.0), "y": (0.0, 1.0)}, Minimize("value"), store=None, seed=seed)
    failed: list[bool] = []
    for _ in range(budget):
        (trial,) = study.ask()
        X = np.array([[trial.params["x"], trial.params["y"]]])
        failed.append(bool(edge.fails(X)[0]))
        study.tell(trial, Failure("beyond the edge") if failed[-1] else float(edge.values(X)[0]))
    assert study.value is not None
    return failed, study.value - edge.best()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--quick", action="store_true", help="one seed")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    arguments = parser.parse_args()
    pin_threads(1)
    rows: list[dict[str, Any]] = []
    for seed in range(1 if arguments.quick else arguments.seeds):
        failed, regret = run(seed)
        rows.append({"seed": seed, "failures": sum(failed), "final regret": regret})
    print_table(f"optimum on the edge of a failing region, {BUDGET} evaluations", rows)
    regrets = [max(row["final regret"], 1e-9) for row in rows]
    print(
        f"mean failures {np.mean([row['failures'] for row in rows]):.1f}, "
        f"geometric mean of the final regret {np.exp(np.mean(np.log(regrets))):.2g}"
    )
    write_json(arguments.json, "failures", rows)


if __name__ == "__main__":
    main()
