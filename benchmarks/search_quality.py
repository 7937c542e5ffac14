"""Is augury's search for the maximum of log EI as good as BoTorch's `optimize_acqf` on the same fitted model?

    python -m benchmarks.search_quality [--problems 12]

Both search the same log EI of the same Gaussian process from 512 raw points (10 restarts for BoTorch);
BoTorch's function
scores both points. A positive difference is in augury's favour. Random functions of random smoothness, with
noise.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
import torch
from botorch.acquisition.analytic import LogExpectedImprovement as BoTorchLogEI
from botorch.optim import optimize_acqf

from augury.acquisition.analytic import LogExpectedImprovement
from augury.acquisition.search import maximize
from augury.models.gaussian_process import GaussianProcess
from augury.space.space import Space

SIZES = [(20, 2), (100, 2), (20, 6), (100, 6), (20, 20), (100, 20)]
WORSE = 1e-3  # a difference in log EI that is 0.1 % of EI


def random_problem(n: int, d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs `n x d` and outcomes `n x 1` of a random function: a sum of cosines with Gaussian
    frequencies."""
    rng = np.random.default_rng(seed)
    frequencies = rng.standard_normal((64, d)) * rng.uniform(1.0, 4.0, d) * rng.uniform(0.3, 1.5)
    phases = rng.uniform(0.0, 2.0 * np.pi, 64)
    X = rng.random((n, d))
    Y = np.cos(X @ frequencies.T + phases).mean(axis=1) * 8.0 + 0.02 * rng.standard_normal(n)
    return X, Y[:, None]


def compare(n: int, d: int, seed: int) -> tuple[float, float, float]:
    """The difference in log EI (ours less BoTorch's), and the seconds that each search took."""
    X, Y = random_problem(n, d, seed)
    model = GaussianProcess(torch.from_numpy(X), torch.from_numpy(Y)).fit()
    best = float(Y.max())
    space = Space({f"x{i}": (0.0, 1.0) for i in range(d)})
    incumbent = X[[Y[:, 0].argmax()]]
    started = time.perf_counter()
    ours = maximize(LogExpectedImprovement(model, best), space, incumbents=incumbent, seed=seed).x
    our_time = time.perf_counter() - started
    judge = BoTorchLogEI(model, best_f=best)
    torch.manual_seed(seed)
    started = time.perf_counter()
    theirs, _ = optimize_acqf(
        judge, torch.tensor([[0.0] * d, [1.0] * d]).double(), q=1, num_restarts=10, raw_samples=512
    )
    their_time = time.perf_counter() - started
    with torch.no_grad():
        difference = judge(torch.from_numpy(ours[None])) - judge(theirs)
    return float(difference), our_time, their_time


def main() -> None:
    """Print one line per size and one over all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=12, help="random problems per size")
    problems = parser.parse_args().problems
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    compare(20, 2, 10_000)  # first calls load and compile things
    print(f"log EI of ours less BoTorch's; {problems} random problems a row; worse, better: by > {WORSE}")
    print("   n   d  worse better      mean       min    median       max  ours ms  BoTorch ms")
    everything = []
    for n, d in SIZES:
        rows = np.array([compare(n, d, seed) for seed in range(problems)])
        everything.append(rows[:, 0])
        times = f" {1e3 * np.median(rows[:, 1]):8.1f} {1e3 * np.median(rows[:, 2]):11.0f}"
        _print_row(f"{n:>4} {d:>3}", rows[:, 0], times)
    _print_row(" all    ", np.concatenate(everything), "")


def _print_row(label: str, difference: np.ndarray, times: str) -> None:
    worse, better = (difference < -WORSE).sum(), (difference > WORSE).sum()
    numbers = (difference.mean(), difference.min(), np.median(difference), difference.max())
    spread = " ".join(f"{value:9.2g}" for value in numbers)
    print(f"{label} {worse:>6} {better:>6} {spread}{times}", flush=True)


if __name__ == "__main__":
    main()
