"""Many inputs: what was published of TuRBO, of global search with scaled priors, of sparse axis-aligned
subspaces (SAAS) and of nested random ones (BAxUS), beside what is so here.

    python -m reproductions.trust_region [--quick]

The papers show curves for runs of thousands of evaluations; here the budgets are small (in brackets), and the
published side says what the curves show. Seeds are fixed.
"""

from __future__ import annotations

import time

import numpy as np
import torch

from augury.acquisition.region import Region
from augury.models import SparseAxisProcess
from augury.problems import Problem, load_problem
from augury.space import Space
from augury.space.sampling import sobol
from augury.strategies import BayesianOptimization, RandomSubspace, Strategy, TrustRegion, build_strategy
from augury.study.study import Study
from reproductions._table import Row, is_quick, print_table

_DESIGN, _BATCH = 50, 50


def main() -> None:
    quick = is_quick(__doc__)
    total, seeds = (100, 1) if quick else (300, 3)
    rows = [geometry(), *comparison("rover-60", total, seeds), *comparison("ackley-200", total, seeds)]
    few = 40 if quick else 100
    print_table("Trust regions", [*rows, sparse(60 if quick else 120, seeds)])
    print_table("Few of many inputs matter", [*axis_aligned(few, seeds), subspaces(few, seeds)])


def geometry() -> Row:
    """The box has the volume of a cube of its length, whatever the lengthscales."""
    space = Space({f"x{i}": (0.0, 1.0) for i in range(60)})
    lengthscales = np.random.default_rng(0).uniform(1.0, 4.0, 60)
    region = Region.around(space, np.full(60, 0.5), 0.1, lengthscales)
    volume = np.exp(np.log(region.upper - region.lower).mean())
    return "geometric mean of the sides, length 0.1", "0.1", f"0.1 {volume - 0.1:+.0e}"


def comparison(name: str, total: int, seeds: int) -> list[Row]:
    """A trust region by draws and by expected improvement, and the whole space, on one problem."""
    best = {
        label: np.mean([optimise(strategy, name, total, seed) for seed in range(seeds)])
        for label, strategy in {
            "draws": TrustRegion(acquisition="thompson"),
            "improvement": TrustRegion(),
            "whole space": build_strategy("bayesian-optimization"),
            "uniform": build_strategy("random"),
        }.items()
    }
    where = f"{name} [{total}]"
    return [
        (
            f"{where}: TuRBO (draws) beats random search",
            "yes",
            f"{_verdict(best['draws'] < best['uniform'])}: {best['draws']:.2f} against {best['uniform']:.2f}",
        ),
        (
            f"{where}: TuRBO (draws) beats global search (short-lengthscale priors in 2019)",
            "yes",
            f"{_verdict(best['draws'] < best['whole space'])}: {best['draws']:.2f} against "
            f"{best['whole space']:.2f} (priors scaled by the dimension)",
        ),
        (
            f"{where}: global search with scaled priors is no worse than TuRBO (Hvarfner et al. 2024)",
            "yes, on most problems",
            f"{_verdict(best['whole space'] <= best['draws'])}",
        ),
        (
            f"{where}: expected improvement instead of draws within the region (ours)",
            "-",
            f"{best['improvement']:.2f} against {best['draws']:.2f}",
        ),
    ]


def sparse(total: int, seeds: int) -> Row:
    """Six inputs of a hundred that matter."""
    reached = np.mean(
        [optimise(TrustRegion(), "hartmann-6-in-100", total, seed, 20, 5) for seed in range(seeds)]
    )
    return f"hartmann-6-in-100 [{total}]: a sparse function is found (minimum -3.32)", "-", f"{reached:.2f}"


def axis_aligned(total: int, seeds: int) -> list[Row]:
    """SAAS: inputs that matter are found, and the optimum with them."""
    X = torch.rand(60, 100, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    Y = torch.sin(5.0 * X[:, :1]) + 2.0 * (X[:, 1:2] - 0.4).square()
    begun = time.process_time()
    lengthscales = SparseAxisProcess(X, Y).fit().lengthscales
    seconds = time.process_time() - begun
    assert lengthscales is not None
    found = sorted(np.argsort(lengthscales)[:2].tolist())
    strategy = BayesianOptimization(model="saas")
    name, arguments = "hartmann-6-in-100", (20, 10)
    best = {
        label: np.mean([optimise(one, name, total, seed, *arguments) for seed in range(seeds)])
        for label, one in {"saas": strategy, "gp": BayesianOptimization()}.items()
    }
    return [
        ("two inputs of 100 that matter, 60 rows: the shortest lengthscales", "inputs 0 and 1", str(found)),
        ("CPU seconds of that fit", "minutes (Pyro's NUTS)", f"{seconds:.1f}"),
        (
            f"{name} [{total}]: SAAS is better than a Gaussian process (minimum -3.32)",
            "yes, than those of 2021",
            f"{_verdict(best['saas'] < best['gp'])}: {best['saas']:.2f} against {best['gp']:.2f}",
        ),
    ]


def subspaces(total: int, seeds: int) -> Row:
    """BAxUS against a trust region of all inputs; each with a design of its own."""
    name = "hartmann-6-in-500"
    best = {
        label: np.mean([optimise(one, name, total, seed, 0, 10) for seed in range(seeds)])
        for label, one in {"subspace": RandomSubspace(), "region": TrustRegion(n_initial=12)}.items()
    }
    return (
        f"{name} [{total}]: nested random subspaces are better than TuRBO (minimum -3.32)",
        "yes",
        f"{_verdict(best['subspace'] < best['region'])}: {best['subspace']:.2f} against "
        f"{best['region']:.2f} (by expected improvement, both)",
    )


def optimise(
    strategy: Strategy, name: str, total: int, seed: int, design: int = _DESIGN, batch: int = _BATCH
) -> float:
    """The best value, minimised, of one whole optimisation."""
    problem: Problem = load_problem(name)
    study = Study(problem.space, problem.goals, strategy=strategy, store=None, seed=seed)
    values = []
    for params in problem.space.decode(sobol(problem.space, design, seed=seed)) if design else []:
        values.append(problem.function(params))
        study.add(params, values[-1])
    while len(values) < total:
        for trial in study.ask(min(batch, total - len(values))):
            values.append(problem.function(trial.params))
            study.tell(trial, values[-1])
    return float(-max(problem.goals.objective_signs[0] * np.array(values)))


def _verdict(holds: bool) -> str:
    return "yes" if holds else "NO"


if __name__ == "__main__":
    main()
