"""How long does each surrogate think about one suggestion?

Every registered surrogate, n = 100 observations of a smooth function in d = 6: one
`BayesianOptimization(model).propose(...)`, fit and search together, cold (nothing remembered) or `--warm`;
and BoTorch's standard loop in the same run. Threads pinned equal (`--threads`). Medians of `--repeats` after
one round to warm up.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from augury.models.registry import MODELS
from augury.space.goal import Maximize
from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.space.sampling import sobol
from augury.space.space import Space
from augury.strategies.bayesian_optimization import BayesianOptimization
from benchmarks.timing import Entrant, alternate, pin_threads, print_table, verdict, write_json

TARGETS = {"infinite-width": 0.1, "bnn-hmc": 30.0}
_ALIASES = ("bnn",)
#: Proposals that come before a warm one.
WARMED_BY = 10


def data(n: int, d: int) -> tuple[Space, Observations]:
    """n points of a Sobol design and a smooth function of them."""
    space = Space({f"x{i}": (0.0, 1.0) for i in range(d)})
    X = sobol(space, n, seed=0)
    y = np.sin(3.0 * X @ np.linspace(0.5, 1.5, d)) + (X**2).sum(axis=1)
    unknown = np.full((n, 1), np.nan)
    return space, Observations(X, y[:, None], unknown, unknown[:, 0], np.full(n, "complete"))


def suggestion(model: str, space: Space, observations: Observations, warm: bool = False) -> Entrant:
    """One proposal with a surrogate, another seed each time; warm after `WARMED_BY` others."""
    goals, nothing = Goals.of(Maximize("y")), np.empty((0, space.dim))
    strategy, state = BayesianOptimization(model), None
    if warm:
        n = observations.n
        for count in range(n - WARMED_BY, n):
            earlier = observations.rows(np.arange(count))
            state = strategy.propose(space, goals, earlier, nothing, 1, seed=count, state=state).state

    def call(seed: int) -> None:
        strategy.propose(space, goals, observations, nothing, 1, seed=seed, state=state)

    return Entrant(call)


def measure(names: list[str], n: int, d: int, repeats: int, warm: bool = False) -> list[dict[str, Any]]:
    """A row for each surrogate."""
    from benchmarks.peers.botorch import botorch_suggest

    space, observations = data(n, d)
    X, y = observations.X, observations.Y[:, 0]
    peer = Entrant(lambda seed: botorch_suggest(X, y, space, seed, noisy=False))
    reference = alternate({"botorch": peer}, repeats)["botorch"]
    rows: list[dict[str, Any]] = []
    for name in names:
        seconds = alternate({name: suggestion(name, space, observations, warm)}, repeats)[name]
        target = TARGETS.get(name)
        rows.append(
            {"surrogate": name, "seconds": seconds, "of BoTorch's loop": seconds / reference}
            | {"target, s": target, "": verdict(seconds, target)}
        )
        print(f"{name}: {seconds:.3g} s", flush=True)
    return [*rows, {"surrogate": "(BoTorch's standard loop)", "seconds": reference, "of BoTorch's loop": 1.0}
            | {"target, s": None, "": ""}]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--surrogates", nargs="+", default=[m for m in MODELS.names() if m not in _ALIASES])
    parser.add_argument("-n", type=int, default=100)
    parser.add_argument("-d", type=int, default=6)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--warm", action="store_true", help="with what earlier proposals remembered")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="gp and infinite-width, n = 20")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    pin_threads(arguments.threads)
    names, n = arguments.surrogates, arguments.n
    if arguments.quick:
        names, n = ["gp", "infinite-width"], 20
    rows = measure(names, n, arguments.d, arguments.repeats, arguments.warm)
    print_table(f"one suggestion, n = {n}, d = {arguments.d}, {arguments.threads} threads", rows)
    write_json(arguments.json, "surrogates", rows)


if __name__ == "__main__":
    main()
