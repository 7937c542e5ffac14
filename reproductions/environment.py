"""Random environments, after section 5 of Frazier, "A tutorial on Bayesian optimization" (2018).

The tutorial (arXiv:1807.02811) and the papers it draws on (Williams, Santner and Notz 2000; Toscano-Palmerin
and Frazier 2022) claim that choosing the design and the environment of each evaluation together finds the
best mean over the environment in fewer evaluations than evaluating every environment for each design. Here:
Branin's function with its second input random, of 12 equally likely values, and a product of two Branin
functions (in the manner of Williams et al.) of two designs and one such environment; and the closed form of
the integrated process against quadrature.

    python -m reproductions.environment [--quick]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from augury.models.environment.integrated import IntegratedProcess
from augury.models.environment.process import EnvironmentProcess
from augury.space.environment import Measure, NormalMeasure, UniformMeasure
from augury.space.goal import Minimize
from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.space.parameters import Categorical
from augury.space.space import Space
from augury.strategies.bayesian_optimization import BayesianOptimization
from augury.strategies.environment.optimization import EnvironmentOptimization
from augury.strategies.environment.recommendation import recommend_design
from reproductions._table import Row, is_quick, print_table

_LEVELS = 12
_GOALS = Goals.of("min:y")


def _branin(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    a, b = 15.0 * x - 5.0, 15.0 * w
    bowl = (b - 5.1 / (4.0 * np.pi**2) * a**2 + 5.0 / np.pi * a - 6.0) ** 2
    return bowl + 10.0 * (1.0 - 1.0 / (8.0 * np.pi)) * np.cos(a) + 10.0


def _one_input(X: np.ndarray) -> np.ndarray:
    """Branin of the design `x` and the environment `w`."""
    return _branin(X[:, 0], X[:, -1])


def _product(X: np.ndarray) -> np.ndarray:
    """Branin of (x1, w1) times Branin of (x2, w2): here one environment moves both second inputs."""
    return _branin(X[:, 0], X[:, -1]) * _branin(X[:, 1], 1.0 - X[:, -1]) / 50.0


PROBLEMS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], int]] = {
    "Branin": (_one_input, 1),
    "Branin product": (_product, 2),
}


def _space(dim: int) -> Space:
    names: dict[str, Any] = {f"x{i}": (0.0, 1.0) for i in range(dim)}
    levels = list(range(_LEVELS))
    return Space(names | {"w": Categorical(levels, ordered=True, role="environment")})


def _mean(function: Callable[[np.ndarray], np.ndarray], X: np.ndarray) -> np.ndarray:
    """The mean over all environments at designs (N x dim)."""
    w = np.linspace(0.0, 1.0, _LEVELS)
    points = np.concatenate([np.repeat(X, _LEVELS, axis=0), np.tile(w, len(X))[:, None]], axis=1)
    return function(points).reshape(len(X), _LEVELS).mean(axis=1)


def _table(X: np.ndarray, Y: np.ndarray) -> Observations:
    unknown = np.full_like(Y, np.nan)
    return Observations(X, Y, unknown, unknown[:, 0], np.full(len(X), "complete"))


def _jointly(name: str, acquisition: str, budget: int, seed: int) -> list[float]:
    """The regret of the recommended design after each evaluation."""
    function, dim = PROBLEMS[name]
    space, strategy = _space(dim), EnvironmentOptimization(acquisition=acquisition, n_initial=2 * dim + 4)
    X, Y, state, regrets = np.empty((0, dim + 1)), np.empty((0, 1)), None, []
    best = _best(function, dim)
    while len(X) < budget:
        proposal = strategy.propose(
            space, _GOALS, _table(X, Y), np.empty((0, dim + 1)), 1, seed=1000 * seed + len(X), state=state
        )
        state = proposal.state
        X = np.concatenate([X, proposal.points])
        Y = np.concatenate([Y, function(proposal.points)[:, None]])
        found = None
        if len(X) >= 2 * dim + 4:
            found = recommend_design("posterior-mean", "auto", space, _GOALS, _table(X, Y), seed=seed)
        regrets.append(np.inf if found is None else float(_mean(function, found[0][None, :dim])[0]) - best)
    return regrets


def _all_environments(name: str, budget: int, seed: int) -> list[float]:
    """The same when every design is evaluated in all 12 environments, and their mean is minimised."""
    function, dim = PROBLEMS[name]
    space = Space({f"x{i}": (0.0, 1.0) for i in range(dim)})
    X, Y, state, regrets = np.empty((0, dim)), np.empty((0, 1)), None, []
    best, strategy = _best(function, dim), BayesianOptimization(n_initial=dim + 2)
    while len(X) * _LEVELS < budget:
        proposal = strategy.propose(
            space, _GOALS, _table(X, Y), np.empty((0, dim)), 1, seed=1000 * seed + len(X), state=state
        )
        state = proposal.state
        X = np.concatenate([X, proposal.points])
        Y = np.concatenate([Y, _mean(function, proposal.points)[:, None]])
        regrets += [float(Y.min()) - best if len(X) * _LEVELS <= budget else np.inf] * _LEVELS
    return regrets


def _best(function: Callable[[np.ndarray], np.ndarray], dim: int) -> float:
    axes = np.meshgrid(*[np.linspace(0.0, 1.0, 2001 if dim == 1 else 201)] * dim, indexing="ij")
    return float(_mean(function, np.stack([axis.ravel() for axis in axes], axis=1)).min())


def _deviation(name: str) -> float:
    """Of the mean over the environment, over designs."""
    function, dim = PROBLEMS[name]
    return float(_mean(function, np.random.default_rng(0).random((2000, dim))).std())


def searches(budgets: dict[str, int], seeds: int, share: float = 0.01) -> list[Row]:
    """Evaluations until the regret stays below a share of the deviation, and the regret at the end."""
    rows = []
    for name, budget in budgets.items():
        deviation = _deviation(name)
        methods: dict[str, Callable[[int], list[float]]] = {
            "knowledge gradient of both": lambda seed, n=name, b=budget: _jointly(
                n, "environmental-kg", b, seed
            ),
            "two steps: expected improvement, then w": (
                lambda seed, n=name, b=budget: _jointly(n, "integrated-ei", b, seed)
            ),
            "all 12 environments for each design": (
                lambda seed, n=name, b=budget: _all_environments(n, 4 * b, seed)
            ),
        }
        for method, run in methods.items():
            needed, final = [], []
            for seed in range(seeds):
                regrets = np.array(run(seed)) / deviation
                above = np.flatnonzero(regrets > share)
                needed.append(
                    len(regrets) + 1 if len(above) == len(regrets) else int(above.max(initial=-1)) + 2
                )
                final.append(regrets[min(budget, len(regrets)) - 1])
            median, most = np.median(needed), len(regrets)
            count = f"not within {most} evaluations" if median > most else f"{median:.0f} evaluations"
            count += f" (median) to {share:.0%} of the deviation"
            measured = f"{count}; regret after {budget}: {np.median(final):.4f} of it"
            claim = f"{name}, {seeds} seeds: {method}"
            rows.append((claim, "" if "all" in method else "fewer than with all environments", measured))
    return rows


def closed_form(cases: int) -> list[Row]:
    """The posterior of the integral against a Gauss-Legendre rule over the joint posterior."""
    nodes, weights = np.polynomial.legendre.leggauss(14)
    panels = 40
    w = (np.linspace(0.0, 1.0, panels + 1)[:-1, None] + 0.5 * (nodes + 1.0) / panels).ravel()
    rows = []
    for label, measure in (("uniform", UniformMeasure()), ("truncated normal", NormalMeasure(0.3, 0.2))):
        density = np.tile(0.5 * weights / panels, panels)
        if isinstance(measure, NormalMeasure):
            density = density * np.exp(-0.5 * ((w - measure.mean) / measure.std) ** 2)
        density /= density.sum()
        errors = [_error(measure, w, density, seed) for seed in range(cases)]
        measured = f"largest difference {max(errors):.0e} of the deviation ({cases} posteriors)"
        rows.append((f"integrated process, {label} environment = quadrature", "equal", measured))
    return rows


def _error(measure: Measure, w: np.ndarray, density: np.ndarray, seed: int) -> float:
    rng = np.random.default_rng(seed)
    X = rng.random((20, 2))
    Y = _one_input(X)[:, None] + rng.standard_normal((20, 1))
    model = EnvironmentProcess(torch.from_numpy(X), torch.from_numpy(Y), environment={1: measure}).fit()
    integrated = IntegratedProcess(model).cross_posterior(X[:1])
    posterior = model.posterior(torch.from_numpy(np.stack([np.full_like(w, X[0, 0]), w], axis=1)))
    with torch.no_grad():
        mean = float(density @ posterior.mean[:, 0].numpy())
        variance = float(density @ posterior.distribution.covariance_matrix.numpy() @ density)
    difference = abs(integrated.fixed_mean[0] - mean) / Y.std()
    return float(max(difference, abs(integrated.fixed_covariance[0, 0] - variance) / Y.var()))


def risks(seeds: int, budget: int) -> list[Row]:
    """That each risk has its own optimum: the risk of what was recommended for it, against the optimum's."""
    function, dim = PROBLEMS["Branin"]
    space, grid, w = _space(dim), np.linspace(0.0, 1.0, 801)[:, None], np.linspace(0.0, 1.0, _LEVELS)

    def outcomes(X: np.ndarray) -> np.ndarray:
        points = np.concatenate([np.repeat(X, _LEVELS, axis=0), np.tile(w, len(X))[:, None]], axis=1)
        return np.sort(function(points).reshape(len(X), _LEVELS), axis=1)

    measures: dict[str, tuple[Minimize, Callable[[np.ndarray], np.ndarray]]] = {
        "worst case": (Minimize("y", risk="worst-case"), lambda values: values[:, -1]),
        "mean of the worst quarter": (
            Minimize("y", risk="cvar", level=0.75),
            lambda values: values[:, -3:].mean(axis=1),
        ),
    }
    rows = []
    for label, (goal, measure) in measures.items():
        exact, goals, regrets = measure(outcomes(grid)), Goals.of(goal), []
        for seed in range(seeds):
            X, Y = np.empty((0, 2)), np.empty((0, 1))
            while len(X) < budget:
                points = (
                    EnvironmentOptimization()
                    .propose(space, goals, _table(X, Y), np.empty((0, 2)), 1, seed=1000 * seed + len(X))
                    .points
                )
                X, Y = np.concatenate([X, points]), np.concatenate([Y, function(points)[:, None]])
            found = recommend_design("posterior-mean", "auto", space, goals, _table(X, Y), seed=seed)
            assert found is not None
            regret = float(measure(outcomes(found[0][None, :1]))[0] - exact.min()) / exact.std()
            regrets.append(max(regret, 0.0))  # the grid's best is not quite the best
        measured = f"median regret {np.median(regrets):.4f} of the deviation after {budget} evaluations"
        rows.append((f"Branin, {seeds} seeds: {label}", "", measured))
    return rows


def main() -> None:
    quick = is_quick(__doc__)
    print_table("Closed form", closed_form(2 if quick else 10))
    budgets = {"Branin": 16} if quick else {"Branin": 30, "Branin product": 60}
    print_table("The mean over 12 environments", searches(budgets, 2 if quick else 8))
    print_table("Other risks", risks(1 if quick else 6, 12 if quick else 30))


if __name__ == "__main__":
    main()
