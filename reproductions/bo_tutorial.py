"""Frazier, "A tutorial on Bayesian optimization", arXiv:1807.02811 (2018).

The tutorial has no tables: what can be checked are its identities, its claim that under much noise the
choice of the acquisition and of the recommendation matters, and that gradients are worth evaluations.

    python -m reproductions.bo_tutorial [--quick]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from botorch.test_functions import Branin, Hartmann
from scipy.special import ndtr
from torch import Tensor

import augury
from augury.acquisition.analytic import LogExpectedImprovement
from augury.acquisition.expected_max_of_lines import expected_max_of_lines
from augury.acquisition.knowledge_gradient import (
    DiscreteKnowledgeGradient,
    RiskNeutralNoisyExpectedImprovement,
)
from augury.acquisition.situation import Situation
from augury.models import GaussianProcess, GradientEnhancedGaussianProcess
from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.space.space import Space
from augury.strategies import BayesianOptimization, RandomSearch
from augury.strategies.recommendation import recommend
from reproductions._statistics import mean_interval
from reproductions._table import Row, is_quick, print_table

_GOALS = Goals.of("min:y")


# -- identities ----------------------------------------------------------------------------------------


def _integral(a: np.ndarray, b: np.ndarray) -> float:
    """The expected maximum piece by piece between all crossings of two lines."""
    i, j = np.triu_indices(len(a), 1)
    cuts = np.sort((a[i] - a[j]) / (b[j] - b[i]))
    cuts = np.concatenate([[-40.0], cuts[np.abs(cuts) < 40.0], [40.0]])
    top = (a[:, None] + b[:, None] * (0.5 * (cuts[1:] + cuts[:-1]))).argmax(axis=0)
    density = np.exp(-0.5 * cuts**2) / np.sqrt(2.0 * np.pi)
    return float(a[top] @ np.diff(ndtr(cuts)) - b[top] @ np.diff(density))


def _process(rng: np.random.Generator, deviation: float) -> tuple[np.ndarray, GaussianProcess]:
    """Twelve noisy values of a smooth function, and a process of that noise."""
    X = rng.random((12, 2))
    Y = np.sin(5.0 * X).sum(axis=1, keepdims=True) + deviation * rng.standard_normal((12, 1))
    noise = torch.full((12, 1), deviation**2, dtype=torch.float64)
    return X, GaussianProcess(torch.from_numpy(X), torch.from_numpy(Y), noise).fit()


def identities(cases: int) -> list[Row]:
    rng = np.random.default_rng(0)
    lines = rng.standard_normal((1000, 2, 8))
    exact = np.array([_integral(*pair) for pair in lines])
    error = np.abs(expected_max_of_lines(lines[:, 0], lines[:, 1]) - exact).max()
    rows = [("expected maximum of 8 lines = integral", "exact", f"error {error:.0e} in 1000 cases")]
    zero, order, as_printed = [], [], []
    for _ in range(cases):
        points = rng.random((200, 2))
        X, quiet = _process(rng, 1e-6)
        observed = quiet.mean(torch.from_numpy(X)).numpy()
        ei = np.exp(LogExpectedImprovement(quiet, observed.max()).value(points))
        zero.append(np.abs(np.exp(RiskNeutralNoisyExpectedImprovement(quiet, X).value(points)) - ei).max())
        X, loud = _process(rng, 0.3)
        some = RiskNeutralNoisyExpectedImprovement(loud, X)
        more = DiscreteKnowledgeGradient(loud, np.concatenate([X, points]))
        gain, further = np.exp(some.value(points)), np.exp(more.value(points))
        order.append(((further + more.best) - (gain + some.best)).min())
        as_printed.append((further < gain - 1e-9).mean())
    largest, smallest = max(zero), min(order)
    rows += [
        ("noisy EI = EI without noise", "equal", f"largest difference {largest:.0e} ({cases} posteriors)"),
        (
            "best mean to come over more choices >= over the evaluated points",
            ">= 0",
            f"smallest difference {smallest:.0e}",
        ),
        (
            "KG >= noisy EI, each over its own best present mean",
            "KG >= noisy EI",
            f"not so at {np.mean(as_printed):.0%} of points (the larger set has the larger present mean)",
        ),
    ]
    return rows


# -- noisy optimisation --------------------------------------------------------------------------------


def _plug_in(situation: Situation) -> LogExpectedImprovement:
    """Expected improvement over the best posterior mean at an observed point."""
    mean = situation.model.mean(torch.from_numpy(np.ascontiguousarray(situation.observed))).numpy()
    best = mean.max() if situation.maximize else mean.min()
    return LogExpectedImprovement(situation.model, float(best), situation.maximize)


METHODS: dict[str, tuple[Any, str]] = {
    "EI over the best mean (plug-in)": (
        BayesianOptimization(acquisition=_plug_in, n_initial=10),
        "evaluated",
    ),
    "risk-neutral noisy EI": (
        BayesianOptimization(acquisition="risk-neutral-nei", n_initial=10),
        "evaluated",
    ),
    "log noisy EI (Letham)": (BayesianOptimization(acquisition="log-nei", n_initial=10), "evaluated"),
    "knowledge gradient": (
        BayesianOptimization(acquisition="knowledge-gradient", n_initial=10),
        "posterior-mean",
    ),
    "max-value entropy": (
        BayesianOptimization(acquisition="max-value-entropy", n_initial=10),
        "posterior-mean",
    ),
    "Thompson sampling": (BayesianOptimization(acquisition="thompson", n_initial=10), "evaluated"),
    "random": (RandomSearch(), "posterior-mean"),
}


_ONE_STEP_OPTIMAL = {
    "risk-neutral noisy EI": "one-step optimal",
    "knowledge gradient": "one-step optimal",
}


def _table(X: np.ndarray, Y: np.ndarray) -> Observations:
    unknown = np.full_like(Y, np.nan)
    return Observations(X, Y, unknown, unknown[:, 0], np.full(len(X), "complete"))


def _regret(
    function: Callable[[Tensor], Tensor],
    dim: int,
    lowest: float,
    noise: float,
    method: str,
    budget: int,
    seed: int,
) -> float:
    """The true regret of the recommended point."""
    strategy, rule = METHODS[method]
    space = Space({f"x{i}": (0.0, 1.0) for i in range(dim)})
    errors = noise * np.random.default_rng([seed, 7]).standard_normal(budget)  # the same for all methods
    X, Y, state, nothing = np.empty((0, dim)), np.empty((0, 1)), None, np.empty((0, dim))
    while len(X) < budget:
        fresh = len(X) < 10
        proposer = METHODS["risk-neutral noisy EI"][0] if fresh else strategy
        n = 10 if fresh else 1
        proposal = proposer.propose(
            space, _GOALS, _table(X, Y), nothing, n, seed=1000 * seed + len(X), state=state
        )
        state = proposal.state
        values = function(torch.from_numpy(proposal.points)).numpy() + errors[len(X) : len(X) + n]
        X, Y = np.concatenate([X, proposal.points]), np.concatenate([Y, values[:, None]])
    found = recommend(rule, "gp", space, _GOALS, _table(X, Y), seed=seed)
    assert found is not None
    return float(function(torch.from_numpy(found[0][None]))[0]) - lowest


def _on_cube(problem: Any) -> Callable[[Tensor], Tensor]:
    low, high = problem.bounds.double()

    def function(X: Tensor) -> Tensor:
        values: Tensor = problem(low + (high - low) * X)
        return values

    return function


def noisy_optimisation(plan: dict[str, int], shares: list[float], budget: int) -> list[Row]:
    rows = []
    for name, seeds in plan.items():
        problem = Branin() if name == "Branin" else Hartmann(6)
        function, dim = _on_cube(problem), problem.dim
        sample = torch.quasirandom.SobolEngine(dim, scramble=True, seed=0).draw(4096, dtype=torch.float64)
        deviation = float(function(sample).std())
        lowest = float(problem.optimal_value)
        for share in shares:
            regrets = {}
            for method in METHODS:
                runs = [
                    _regret(function, dim, lowest, share * deviation, method, budget, seed)
                    for seed in range(seeds)
                ]
                regrets[method] = np.array(runs) / deviation
            plain = regrets[next(iter(METHODS))]
            for method, regret in regrets.items():
                low, high = mean_interval(regret - plain)
                measured = f"regret {regret.mean():.3f} (median {np.median(regret):.3f})"
                if method not in (next(iter(METHODS)), "random"):
                    measured += f"; minus plug-in EI: [{low:+.3f}, {high:+.3f}]"
                claim = f"{name}, noise {share:.0%}, {seeds} seeds: {method}"
                rows.append((claim, _ONE_STEP_OPTIMAL.get(method, ""), measured))
    return rows


# -- gradients -----------------------------------------------------------------------------------------


def gradients(seeds: int) -> list[Row]:
    function = _on_cube(Branin())
    new = torch.rand(1000, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(99))
    truth = function(new)

    def error(n: int, with_gradients: bool, seed: int) -> float:
        X = torch.quasirandom.SobolEngine(2, scramble=True, seed=seed).draw(n, dtype=torch.float64)
        inputs = X.clone().requires_grad_(True)
        values = function(inputs)
        (slopes,) = torch.autograd.grad(values.sum(), inputs)
        known = slopes if with_gradients else None
        model = GradientEnhancedGaussianProcess(X, values.detach()[:, None], train_gradients=known).fit()
        return float((model.mean_variance(new)[0] - truth).square().mean().sqrt() / truth.std())

    rows = []
    for n, with_gradients, published in ((8, True, "better than 8 values"), (8, False, ""), (24, False, "")):
        errors = np.array([error(n, with_gradients, seed) for seed in range(seeds)])
        what = f"{n} values" + (" and gradients" if with_gradients else "")
        spread = f"({errors.min():.3f} to {errors.max():.3f}, {seeds} designs)"
        rows.append((f"Branin, {what}: error", published, f"median {np.median(errors):.3f} {spread}"))
    return rows


def told_gradients(plan: dict[str, tuple[int, int]]) -> list[Row]:
    """Whole studies that are told gradients, against those that are told values only."""
    rows = []
    for name, (budget, seeds) in plan.items():
        problem = Branin() if name == "Branin" else Hartmann(6)
        low, high = problem.bounds.double().tolist()
        space = {f"x{i}": bounds for i, bounds in enumerate(zip(low, high, strict=True))}

        def evaluate(params: dict[str, float], problem: Any = problem) -> dict[str, Any]:
            x = torch.tensor([list(params.values())], dtype=torch.float64, requires_grad=True)
            value = problem(x)
            (slopes,) = torch.autograd.grad(value.sum(), x)
            return {"value": float(value.detach()), "gradient": slopes[0].tolist()}

        for model in ("gp", "gradient-gp"):
            regrets = []
            for seed in range(seeds):
                result = augury.minimize(evaluate, space, budget=budget, seed=seed, model=model)
                assert result.value is not None
                regrets.append(result.value - problem.optimal_value)
            what = "gradients told and used" if model == "gradient-gp" else "values only"
            measured = f"median regret {np.median(regrets):.4f} ({min(regrets):.4f} to {max(regrets):.4f})"
            rows.append((f"{name}, {budget} evaluations, {seeds} seeds: {what}", "", measured))
    return rows


def main() -> None:
    quick = is_quick(__doc__)
    print_table("Identities", identities(3 if quick else 20))
    print_table("Gradients (error as a share of the function's deviation)", gradients(3 if quick else 20))
    studies = {"Branin": (12, 2)} if quick else {"Branin": (14, 8), "Hartmann6": (24, 4)}
    print_table("Studies that are told gradients", told_gradients(studies))
    plan = {"Branin": 2} if quick else {"Branin": 12, "Hartmann6": 6}
    shares, budget = ([0.5], 18) if quick else ([0.1, 0.5], 40)
    title = f"Noisy minimisation, 10 + {budget - 10} evaluations (regret as a share of the deviation)"
    print_table(title, noisy_optimisation(plan, shares, budget))


if __name__ == "__main__":
    main()
