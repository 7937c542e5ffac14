"""How good are large batches, and how long do they take, against BoTorch's sequential greedy search?

One surrogate (augury's Gaussian process on 100 points of Hartmann6) and one acquisition (joint log expected
improvement) for both: augury's greedy choice with one sweep of further improvement, and without it; the best
points of as many draws among 2,000 Sobol points (Thompson sampling); BoTorch's `optimize_acqf` of
`qLogExpectedImprovement`, sequential, 10 restarts of 512 raw points, 512 samples. Each batch is valued by the
same 4,096 quasi-Monte Carlo samples of its joint outcomes; the value is relative to the improvement of
BoTorch's batch. CPU seconds, one thread.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from botorch.acquisition.logei import qLogExpectedImprovement
from botorch.optim import optimize_acqf
from botorch.sampling.normal import SobolQMCNormalSampler

from augury.acquisition.batch import maximize_batch
from augury.acquisition.region_search import best_of_draws
from augury.acquisition.situation import Situation, log_ei
from augury.models import GaussianProcess
from augury.problems import load_problem
from augury.space.sampling import sobol
from benchmarks.timing import pin_threads, print_table, write_json

ROWS, RESTARTS, RAW_SAMPLES, VALUE_SAMPLES = 100, 10, 512, 4096
METHODS = ["greedy and a sweep", "greedy", "draws", "botorch"]


def situation(seed: int) -> Situation:
    """The surrogate of 100 Sobol points of Hartmann6, to be maximised."""
    problem = load_problem("hartmann-6")
    X = sobol(problem.space, ROWS, seed=seed)
    y = -np.array([problem.function(params) for params in problem.space.decode(X)])
    model = GaussianProcess(torch.from_numpy(X), torch.from_numpy(y)[:, None]).fit()
    return Situation(model=model, observed=X, values=y, space=problem.space, seed=seed)


def choose(method: str, given: Situation, q: int, seed: int) -> np.ndarray:
    """A batch of q points (`q x d`)."""
    assert given.space is not None
    if method == "botorch":
        torch.manual_seed(seed)
        points, _ = optimize_acqf(
            qLogExpectedImprovement(given.model, best_f=given.best_f),
            torch.as_tensor(given.space.bounds, dtype=torch.float64),
            q=q,
            num_restarts=RESTARTS,
            raw_samples=RAW_SAMPLES,
            sequential=True,
        )
        return points.numpy()
    if method == "draws":
        candidates = sobol(given.space, 2000, seed=seed)
        return candidates[best_of_draws(given.model, candidates, q, maximize=True, seed=seed)]
    conditional: Callable[[np.ndarray], Any] = lambda further: log_ei(  # noqa: E731
        given.with_pending(further) if len(further) else given
    )
    best = given.observed[np.argsort(-given.values)[:5]]
    sweeps = 1 if method == "greedy and a sweep" else 0
    return maximize_batch(conditional, given.space, q, sweeps=sweeps, incumbents=best, seed=seed).X


def log_value(given: Situation, X: np.ndarray) -> float:
    """The logarithm of the joint expected improvement of a batch."""
    sampler = SobolQMCNormalSampler(torch.Size([VALUE_SAMPLES]), seed=0)
    with torch.no_grad():
        samples = sampler(given.model.posterior(torch.from_numpy(X)))[..., 0]
    return float((samples.max(dim=-1).values - given.best_f).clamp_min(0.0).mean().log())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[5, 20, 100], help="points of a batch")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS)
    parser.add_argument("--quick", action="store_true", help="one batch of 5")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    arguments = parser.parse_args()
    sizes, seeds = ([5], 1) if arguments.quick else (arguments.sizes, arguments.seeds)
    pin_threads(1)
    torch.set_default_dtype(torch.float64)
    for method in METHODS:  # what is loaded or compiled once is not counted
        choose(method, situation(99), 2, 0)
    rows = []
    for q in sizes:
        values: dict[str, list[float]] = {method: [] for method in arguments.methods}
        seconds: dict[str, list[float]] = {method: [] for method in arguments.methods}
        for seed in range(seeds):
            given = situation(seed)
            for method in arguments.methods:
                start = time.process_time()
                X = choose(method, given, q, seed)
                seconds[method].append(time.process_time() - start)
                values[method].append(log_value(given, X))
        for method in arguments.methods:
            row: dict[str, Any] = {"q": q, "method": method, "CPU s": float(np.median(seconds[method]))}
            if "botorch" in arguments.methods:
                gain = np.exp(np.array(values[method]) - np.array(values["botorch"]))
                row |= {"joint EI / BoTorch's": float(gain.mean()), "smallest": float(gain.min())}
                ratio = np.array(seconds["botorch"]) / np.array(seconds[method])
                row |= {"times faster": float(np.median(ratio))}
            rows.append(row)
    print_table(f"batches on one surrogate of {ROWS} points of Hartmann6, {seeds} seeds", rows)
    write_json(arguments.json, "large_batches", rows)


if __name__ == "__main__":
    main()
