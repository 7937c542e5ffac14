"""How long does one suggestion take, fit and acquisition search together, against BoTorch and Optuna?

The same data, the same process, the entrants in turn, threads pinned equal; medians and ratios are printed
beside the targets. "cold" has only the data; "warm" has what the entrant itself kept from its previous
suggestion (BoTorch's standard loop keeps nothing, so its one time stands in both comparisons).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from gpytorch.kernels import Kernel, LinearKernel, RBFKernel, ScaleKernel
from torch import Tensor

from augury.models import GaussianProcess
from augury.space.goal import Maximize
from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.space.space import Space
from augury.strategies.base import Proposal, State, Strategy
from augury.strategies.bayesian_optimization import BayesianOptimization
from benchmarks.peers.botorch import botorch_batch, botorch_suggest
from benchmarks.peers.optuna import OptunaPeer
from benchmarks.timing import Entrant, alternate, pin_threads, print_table, verdict, write_json

KernelFactory = Callable[[int], Kernel]

BATCH = 5
# ours / BoTorch, by (n, d, start); d None: every dimension without an entry of its own
BOTORCH_TARGETS: dict[tuple[int, int | None, str], float] = {
    (20, None, "cold"): 1 / 25,
    (20, None, "warm"): 1 / 25,
    (100, None, "warm"): 1 / 16,
    (100, 6, "cold"): 1 / 12,
    (100, 20, "cold"): 1 / 40,
    (300, None, "warm"): 1 / 8,
    (300, None, "cold"): 1 / 4,
    (1000, None, "warm"): 1 / 6,
    (1000, None, "cold"): 1 / 3,
}
OPTUNA_TARGETS = {100: 1 / 8, 300: 1 / 4}
OWN_KERNEL_TARGET = BATCH_TARGET = 1 / 3


def smooth_data(n: int, d: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """n points in the cube and a draw of a Gaussian process at them (random Fourier features of an RBF
    kernel with lengthscale 0.4 sqrt(d)), plus noise of 1 % of its standard deviation."""
    generator = np.random.default_rng([seed, n, d])
    X = generator.random((n, d))
    frequencies = generator.standard_normal((d, 256)) / (0.4 * np.sqrt(d))
    phases = generator.uniform(0.0, 2.0 * np.pi, 256)
    y = np.cos(X @ frequencies + phases) @ generator.standard_normal(256) * np.sqrt(2.0 / 256)
    return X, y + 0.01 * y.std() * generator.standard_normal(n)


def observations(X: np.ndarray, y: np.ndarray) -> Observations:
    """Complete observations of one outcome."""
    unknown = np.full((len(X), 1), np.nan)
    return Observations(X, y[:, None], unknown, np.full(len(X), np.nan), np.full(len(X), "complete"))


class Case:
    """The data of one comparison, and each entrant's suggestion from them."""

    def __init__(self, n: int, d: int) -> None:
        self.n, self.d = n, d
        self.X, self.y = smooth_data(n, d)
        self.space = Space({f"x{i + 1}": (0.0, 1.0) for i in range(d)})
        self.goals = Goals.of(Maximize("y"))

    def _propose(self, strategy: Strategy, rows: int, count: int, seed: int, state: State | None) -> Proposal:
        data = observations(self.X[:rows], self.y[:rows])
        nothing = np.empty((0, self.d))
        return strategy.propose(self.space, self.goals, data, nothing, count, seed=seed, state=state)

    def ours(self, *, count: int = 1, warm: bool = False, kernel: KernelFactory | None = None) -> Entrant:
        strategy = BayesianOptimization(model="auto" if kernel is None else own_kernel_model(kernel))
        # the state of the suggestion one observation earlier, as a study has it
        state = self._propose(strategy, self.n - 1, 1, 0, None).state if warm else None
        return Entrant(lambda seed: self._propose(strategy, self.n, count, seed, state))

    def botorch(self, kernel: KernelFactory | None = None) -> Entrant:
        return Entrant(
            lambda seed: botorch_suggest(
                self.X, self.y, self.space, seed, covar_module=None if kernel is None else kernel(self.d)
            )
        )

    def botorch_batch(self, *, sequential: bool) -> Entrant:
        return Entrant(
            lambda seed: botorch_batch(self.X, self.y, self.space, BATCH, seed, sequential=sequential)
        )

    def optuna(self, *, warm: bool = False) -> Entrant:
        rows = self.space.decode(self.X)

        def prepare(seed: int) -> OptunaPeer:
            peer = OptunaPeer(self.space, 1.0, seed, n_initial=min(10, self.n - 1))
            for params, value in zip(rows[:-1], self.y[:-1], strict=True):
                peer.add(params, float(value))
            if warm:
                peer.ask()
                peer.tell(float(self.y[-1]))
            else:
                peer.add(rows[-1], float(self.y[-1]))
            return peer

        return Entrant(OptunaPeer.ask, prepare)


def own_kernel(d: int) -> Kernel:
    """A kernel as a user may bring it: smooth with one lengthscale per input, plus a linear trend."""
    return ScaleKernel(RBFKernel(ard_num_dims=d)) + ScaleKernel(LinearKernel())


def own_kernel_model(kernel: KernelFactory) -> Callable[..., GaussianProcess]:
    """What a user gives as `model=` to have their kernel used."""

    def model(train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space) -> GaussianProcess:
        return GaussianProcess(train_X, train_Y, train_Yvar, covar_module=kernel(space.dim))

    return model


def single_rows(n: int, d: int, repeats: int) -> Iterator[dict[str, Any]]:
    """One suggestion, ours against both peers, cold and warm."""
    case = Case(n, d)
    seconds = alternate(
        {
            "cold": case.ours(),
            "warm": case.ours(warm=True),
            "BoTorch": case.botorch(),
            "Optuna cold": case.optuna(),
            "Optuna warm": case.optuna(warm=True),
        },
        repeats,
    )
    for start in ("cold", "warm"):
        target = BOTORCH_TARGETS.get((n, d, start), BOTORCH_TARGETS.get((n, None, start)))
        what = f"one point, {start}"
        yield row(what, n, d, seconds[start], "BoTorch", seconds["BoTorch"], target)
        optuna = f"Optuna {start}"
        yield row(what, n, d, seconds[start], optuna, seconds[optuna], OPTUNA_TARGETS.get(n))


def kernel_row(n: int, d: int, repeats: int) -> dict[str, Any]:
    """A user's own kernel, ours against BoTorch's loop with the same kernel."""
    case = Case(n, d)
    entrants = {"ours": case.ours(kernel=own_kernel), "BoTorch": case.botorch(own_kernel)}
    seconds = alternate(entrants, repeats)
    return row("own kernel, cold", n, d, seconds["ours"], "BoTorch", seconds["BoTorch"], OWN_KERNEL_TARGET)


def batch_row(n: int, d: int, repeats: int) -> dict[str, Any]:
    """A joint batch, ours against the faster of BoTorch's joint and sequential search."""
    case = Case(n, d)
    seconds = alternate(
        {
            "ours": case.ours(count=BATCH),
            "BoTorch joint": case.botorch_batch(sequential=False),
            "BoTorch sequential": case.botorch_batch(sequential=True),
        },
        repeats,
    )
    peer = min(("BoTorch joint", "BoTorch sequential"), key=seconds.__getitem__)
    return row(f"batch of {BATCH}, cold", n, d, seconds["ours"], peer, seconds[peer], BATCH_TARGET)


def row(
    what: str, n: int, d: int, ours: float, peer: str, theirs: float, target: float | None
) -> dict[str, Any]:
    """A line of the table; times in milliseconds, ratios as how many times faster ours is."""
    return {
        "what": what,
        "n": n,
        "d": d,
        "augury ms": 1e3 * ours,
        "peer": peer,
        "peer ms": 1e3 * theirs,
        "times faster": theirs / ours,
        "target": None if target is None else 1.0 / target,
        "": verdict(ours / theirs, target),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--n", type=int, nargs="+", default=[20, 100, 300, 1000], help="numbers of observations"
    )
    parser.add_argument("--d", type=int, nargs="+", default=[2, 6, 20], help="numbers of parameters")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="threads of every library, for all entrants")
    parser.add_argument("--quick", action="store_true", help="n = 20, d = 2 and 6, two repeats")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    arguments = parser.parse_args()
    pin_threads(arguments.threads)
    ns, ds, repeats = arguments.n, arguments.d, arguments.repeats
    if arguments.quick:
        ns, ds, repeats = [20], [2, 6], 2
    extra_n = 20 if arguments.quick else 100
    rows = [line for n in ns for d in ds for line in single_rows(n, d, repeats)]
    rows += [kernel_row(extra_n, d, repeats) for d in ds]
    rows += [batch_row(extra_n, d, repeats) for d in ds]
    print_table(f"one suggestion, medians of {repeats}, {arguments.threads} thread(s)", rows)
    write_json(arguments.json, "ask_latency", rows)


if __name__ == "__main__":
    main()
