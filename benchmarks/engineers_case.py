"""The engineer's case: everything at once.

Three objectives, two meshes (cost 1 : 20), a fifth of the space where evaluations fail, 5 % transient
failures, 8 asynchronous workers on a simulated clock. At equal cost the hypervolume of augury (both meshes,
feasibility model); of augury without that model, told the worst value so far in place of each failure, or
told nothing of failures but not to return there; of augury on the fine mesh alone; and of BoTorch's
qLogNEHVI on the fine mesh alone, told the worst value in place of failures. Fixed before the first full run:
DTLZ2 of 6 inputs whose coarse mesh adds a smooth error; failing where the first two inputs lie within a disc
that takes a fifth of the square; a budget worth `--budget` fine evaluations; failed evaluations cost what
others do, transient ones are repeated.
Resumable: finished runs are in benchmarks/results/engineers_case.jsonl.
"""

from __future__ import annotations

import argparse
import heapq
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from augury.space import Categorical, Goals, Minimize, Observations, Space
from augury.space.pareto import hypervolume
from augury.space.sampling import sobol
from augury.strategies import BayesianOptimization
from augury.strategies.base import Strategy
from augury.strategies.multi_fidelity.strategy import MultiFidelityBayesianOptimization
from benchmarks.jobs import finished, run_jobs
from benchmarks.peers.botorch import botorch_pareto_batch
from benchmarks.timing import print_table, write_json

RESULTS = Path(__file__).parent / "results" / "engineers_case.jsonl"
WORST, LEFT_OUT = "failures as worst values", "failures left out"
FINE, BOTORCH = "augury, fine mesh", "botorch, fine mesh"
METHODS = ["augury", WORST, LEFT_OUT, FINE, BOTORCH]
DIM, RATIO, WORKERS, TRANSIENT = 6, 20, 8, 0.05
CENTRE, RADIUS = np.array([0.6, 0.45]), math.sqrt(0.2 / math.pi)
REFERENCE = np.array([1.1, 1.1, 1.1])
INPUTS = {f"x{index}": (0.0, 1.0) for index in range(DIM)}


def outcomes(X: np.ndarray, *, fine: bool) -> np.ndarray:
    """`n x 3` objectives, to be minimised."""
    from botorch.test_functions.multi_objective import DTLZ2

    Y = DTLZ2(dim=DIM, num_objectives=3)(torch.from_numpy(X)).double().numpy()
    if fine:
        return np.asarray(Y)
    error = np.stack([np.sin(3.0 * X[:, 0] + k) + X[:, 2 + k] for k in range(3)], axis=1)
    return np.asarray(1.1 * Y + 0.05 * error)


def fails(X: np.ndarray) -> np.ndarray:
    """Whether evaluations at points (`n x 6`) fail, in both meshes."""
    return np.asarray(np.linalg.norm(X[:, :2] - CENTRE, axis=1) < RADIUS)


class _Case:
    """One optimisation under way, with what runs at present on the simulated clock."""

    def __init__(self, method: str, seed: int, budget: float) -> None:
        self.method, self.seed, self.left = method, seed, budget * RATIO
        self.rng = np.random.default_rng(seed)
        mesh = Categorical(["coarse", "fine"], role="fidelity", cost=[1, RATIO])
        self.space = Space(INPUTS | {"mesh": mesh})
        self.designs = Space(INPUTS)
        self.goals = Goals([Minimize(name, threshold=1.1) for name in "abc"])
        self.strategy: Strategy = MultiFidelityBayesianOptimization()
        self.state: Any = None
        self.X, self.Y = np.empty((0, DIM + 1)), np.empty((0, 3))
        self.failed = np.empty(0, dtype=bool)
        self.running: list[tuple[float, int, np.ndarray]] = []
        self.count, self.clock, self.thinking = 0, 0.0, 0.0

    def run(self) -> dict[str, Any]:
        trace = []
        while self._start() or self.running:
            self.clock, _, x = heapq.heappop(self.running)
            self._end(x)
            trace.append([self.left, self.hypervolume])
        return {
            "hypervolume": self.hypervolume,
            "failures": int(self.failed.sum()),
            "evaluations": len(self.X),
            "fine": int((self.X[:, -1] == 1.0).sum()),
            "failed at": np.flatnonzero(self.failed).tolist(),
            "fine failures": int((self.failed & (self.X[:, -1] == 1.0)).sum()),
            "seconds": self.thinking,
            "trace": trace[-1:],
        }

    @property
    def hypervolume(self) -> float:
        rows = ~self.failed & (self.X[:, -1] == 1.0)
        return float(hypervolume(-self.Y[rows], -REFERENCE)) if rows.any() else 0.0

    def _start(self) -> bool:
        """Gives the free workers points, as far as the budget pays them; whether it did."""
        started = False
        while len(self.running) < WORKERS:
            begin = time.process_time()
            x = self._propose()
            self.thinking += time.process_time() - begin
            cost = RATIO if x[-1] == 1.0 else 1
            if cost > self.left:
                return started
            self.left -= cost
            duration = cost * self.rng.uniform(0.8, 1.2)
            while self.rng.random() < TRANSIENT:  # done again; it is not the point's fault
                duration += cost * self.rng.uniform(0.0, 1.0)
            heapq.heappush(self.running, (self.clock + duration, self.count, x))
            self.count, started = self.count + 1, True
        return started

    def _end(self, x: np.ndarray) -> None:
        failed = bool(fails(x[None, :DIM])[0])
        y = np.full((1, 3), np.nan) if failed else outcomes(x[None, :DIM], fine=x[-1] == 1.0)
        self.X, self.Y = np.vstack([self.X, x]), np.vstack([self.Y, y])
        self.failed = np.append(self.failed, failed)

    def _propose(self) -> np.ndarray:
        pending = np.array([x for _, _, x in self.running]).reshape(-1, DIM + 1)
        if self.method == BOTORCH:
            return np.append(self._botorch(pending), 1.0)
        X, Y, status = self.X, self.Y, np.where(self.failed, "failed", "complete")
        space, strategy = self.space, self.strategy
        if self.method == WORST and not self.failed.all():
            Y, status = self._worst_for_failed(), np.full(len(X), "complete")
        elif self.method == LEFT_OUT:
            pending = np.concatenate([pending, X[self.failed]])
            X, Y, status = X[~self.failed], Y[~self.failed], status[~self.failed]
        elif self.method == FINE:
            X, pending = X[:, :DIM], pending[:, :DIM]
            space, strategy = self.designs, BayesianOptimization()
        unknown = np.full(Y.shape, np.nan)
        observations = Observations(X, Y, unknown, unknown[:, 0], status)
        proposal = strategy.propose(
            space,
            self.goals,
            observations,
            pending,
            1,
            seed=10_000 * self.seed + self.count,
            state=self.state,
        )
        self.state = proposal.state
        x = np.asarray(proposal.points[0])
        return np.append(x, 1.0) if self.method == FINE else x

    def _botorch(self, pending: np.ndarray) -> np.ndarray:
        design = sobol(self.designs, 2 * (DIM + 1), seed=self.seed)
        if self.count < len(design):
            return np.asarray(design[self.count])
        if self.failed.all():
            return self.rng.random(DIM)
        batch = botorch_pareto_batch(
            self.X[:, :DIM],
            -self._worst_for_failed(),
            self.designs,
            1,
            -REFERENCE,
            seed=10_000 * self.seed + self.count,
            pending=pending[:, :DIM] if len(pending) else None,
        )
        return np.asarray(batch[0])

    def _worst_for_failed(self) -> np.ndarray:
        """The outcomes (`n x 3`), the worst measured ones in place of those of failed evaluations."""
        worst = self.Y[~self.failed].max(axis=0)
        return np.where(self.failed[:, None], worst, self.Y)


def work(method: str, seed: int, budget: int) -> dict[str, Any]:
    """One whole optimisation."""
    torch.set_default_dtype(torch.float64)
    return _Case(method, seed, budget).run()


def report(records: list[dict[str, Any]], path: Path | None) -> None:
    """Print the means over the finished seeds of each method."""
    runs = {(one["job"]["method"], one["job"]["seed"]): one for one in records}
    columns = ("hypervolume", "failures", "fine failures", "evaluations", "fine", "seconds")
    rows = []
    for method in METHODS:
        seeds = sorted(seed for name, seed in runs if name == method)
        if not seeds:
            continue
        # on the fine mesh alone all failures are those of it; older records do not say so
        mine = [{"fine failures": runs[method, seed]["failures"]} | runs[method, seed] for seed in seeds]
        row: dict[str, Any] = {"method": method, "seeds": len(seeds)}
        row |= {name: float(np.mean([one[name] for one in mine])) for name in columns}
        values = [one["hypervolume"] for one in mine]
        rows.append(row | {"least": min(values), "most": max(values)})
    print_table("the engineer's case, means at equal cost; hypervolume also least and most", rows)
    write_json(path, "engineers_case", rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--budget", type=int, default=60, help="in evaluations of the fine mesh")
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS)
    parser.add_argument("--workers", type=int, default=1, help="processes of one thread each")
    parser.add_argument("--minutes", type=float, help="start no further run after so long")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where finished runs are kept")
    parser.add_argument("--report", action="store_true", help="only report what is finished")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    arguments = parser.parse_args()
    jobs = [
        {"method": method, "seed": seed, "budget": arguments.budget}
        for seed in range(arguments.seeds)
        for method in arguments.methods
    ]
    if not arguments.report:
        run_jobs(jobs, work, arguments.results, workers=arguments.workers, minutes=arguments.minutes)
    records = [one for one in finished(arguments.results) if one["job"]["budget"] == arguments.budget]
    report(records, arguments.json)


if __name__ == "__main__":
    main()
