"""Nguyen et al., "Improving Pareto set learning for expensive multi-objective optimization via Stein
variational hypernetworks", arXiv:2412.17312 (AAAI 2025), and its parent: Lin et al., NeurIPS 2022.

The published figures are curves, read off by eye at 120 evaluations (+- 0.15), with settings chosen for each
problem. Here: the shorter protocol of 20 + 10 x 5 evaluations with the same settings everywhere, with and
without the coupling, and beside them what this package adds (the searched ideal point) and its default
decision. Score: log(hypervolume of the true front - that of the evaluated points) from the reference point
1.1; lower is better.

    python -m reproductions.pareto_set_learning [--quick]
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from augury.problems.multi_objective import MultiObjectiveProblem, botorch_multi_objective
from augury.problems.vlmop2 import vlmop2
from augury.space.pareto import hypervolume
from augury.space.sampling import sobol
from augury.strategies import BayesianOptimization, ParetoSetLearning, Strategy
from augury.strategies.pareto_set_learning.network import PreferenceNetwork
from augury.strategies.pareto_set_learning.training import Training
from augury.study import Study
from reproductions._table import Row, is_quick, print_table

_REFERENCE = np.full(2, -1.1)
_PUBLISHED = {"ZDT1, d = 20": ("-7.2", "-1.8"), "VLMOP2, d = 6": ("-4.1", "-3.3")}


def _methods(steps: int) -> dict[str, Callable[[], Strategy]]:
    def learned(**options: object) -> Callable[[], Strategy]:
        return lambda: ParetoSetLearning(**({"steps": steps} | options))  # type: ignore[arg-type]

    papers: dict[str, object] = {"ideal": "measured", "warm_start": False}
    return {
        "Stein coupling (SVH-PSL)": learned(**papers),
        "the same, K = I and alpha = 0": learned(**papers, coupling="none"),
        "PSL-MOBO": learned(
            **papers, coupling="none", scalarization="augmented-tchebycheff", normalization="design"
        ),
        "Stein coupling, ideal point searched": learned(),
        "without coupling, ideal point searched": learned(coupling="none"),
        "expected hypervolume improvement (the default)": BayesianOptimization,
    }


def _problems() -> dict[str, tuple[MultiObjectiveProblem, float]]:
    """The problems and the hypervolumes of their fronts from the reference point 1.1."""
    zdt1 = botorch_multi_objective("zdt1-20", "ZDT1", dim=20)
    bells = vlmop2("vlmop2-6", 6)
    # front f2 = 1 - sqrt(f1), 0 <= f1 <= 1
    return {
        "ZDT1, d = 20": (zdt1, 1.1 * 1.1 - 1.0 / 3.0),
        "VLMOP2, d = 6": (bells, float(bells.max_hypervolume or 0.0)),
    }


def campaign(
    problem: MultiObjectiveProblem, strategy: Strategy, rounds: int, seed: int
) -> tuple[float, float]:
    """The hypervolume after 20 Sobol points and so many rounds of five, and the seconds of thinking."""
    study = Study(problem.space, problem.goals, strategy=strategy, store=None, seed=seed)
    for params in problem.space.decode(sobol(problem.space, 20, seed=seed)):
        study.add(params, problem.function(params))
    seconds = 0.0
    for _ in range(rounds):
        start = time.process_time()
        trials = study.ask(5)
        seconds += time.process_time() - start
        for trial in trials:
            study.tell(trial, problem.function(trial.params))
    return hypervolume(-study.observations().Y, _REFERENCE), seconds


def campaigns(rounds: int, seeds: int, steps: int) -> list[Row]:
    rows = []
    for name, (problem, best) in _problems().items():
        coupled, plain = _PUBLISHED[name]
        for method, build in _methods(steps).items():
            runs = [campaign(problem, build(), rounds, seed) for seed in range(seeds)]
            scores = [float(np.log(max(best - reached, 1e-14))) for reached, _ in runs]
            seconds = float(np.mean([taken for _, taken in runs]))
            known = {"Stein coupling (SVH-PSL)": coupled, "PSL-MOBO": plain}.get(method)
            published = "-" if known is None else f"{known} (20 rounds)"
            spread = (
                f"{np.mean(scores):.2f} (from {min(scores):.2f} to {max(scores):.2f}), {seconds:.1f} s a run"
            )
            rows.append((f"{name}: {method}", published, spread))
            print(*rows[-1], sep=" | ", flush=True)
    return rows


class _Bowls:
    """Squared distances from two centres in three dimensions."""

    centres = np.array([[0.2, 0.5, 0.6], [0.8, 0.5, 0.3]])

    def __call__(self, X: np.ndarray, *, gradient: bool = False) -> np.ndarray:
        self._X = X
        distances: np.ndarray = np.square(X[:, None] - self.centres).sum(axis=-1)
        return distances

    def pullback(self, slopes: np.ndarray) -> np.ndarray:
        total: np.ndarray = (slopes[:, :, None] * 2.0 * (self._X[:, None] - self.centres)).sum(axis=1)
        return total


def toy() -> list[Row]:
    """The learned map of two bowls against the segment between their centres; the time of a step."""
    cube = torch.tensor([[0.0] * 3, [1.0] * 3], dtype=torch.float64)
    share = np.linspace(0.05, 0.95, 19)
    along = np.sqrt(1.0 - share) / (np.sqrt(share) + np.sqrt(1.0 - share))
    exact = _Bowls.centres[0] + along[:, None] * (_Bowls.centres[1] - _Bowls.centres[0])
    rows = []
    for coupling in ("local", "none"):
        network = PreferenceNetwork(2, cube)
        start = time.process_time()
        Training(coupling=coupling).run(network, _Bowls(), np.zeros(2), seed=0)
        step = (time.process_time() - start) / 1000
        with torch.no_grad():
            found = network(torch.from_numpy(np.stack([share, 1.0 - share], axis=1))).numpy()
        error = float(np.sqrt(np.square(found - exact).mean()))
        text = f"RMSE {error:.4f}; {1e3 * step:.2f} ms a step"
        rows.append((f"two bowls, map = segment, coupling {coupling}", "exact; 150 ms a step", text))
    return rows


def main() -> None:
    quick = is_quick(__doc__)
    rows = toy()
    rows += campaigns(rounds=2, seeds=1, steps=50) if quick else campaigns(rounds=10, seeds=3, steps=300)
    print_table("Pareto set learning", rows)


if __name__ == "__main__":
    main()
