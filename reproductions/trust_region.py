"""Trust regions: what was published of TuRBO and of global search with scaled priors, beside what is so here.

    python -m reproductions.trust_region [--quick]

The papers show curves for runs of thousands of evaluations; here the budgets are small (in brackets), and the
published side says what the curves show. Seeds are fixed.
"""

from __future__ import annotations

import numpy as np

from augury.acquisition.region import Region
from augury.problems import Problem, load_problem
from augury.space import Space
from augury.space.sampling import sobol
from augury.strategies import Strategy, TrustRegion, build_strategy
from augury.study.study import Study
from reproductions._table import Row, is_quick, print_table

_DESIGN, _BATCH = 50, 50


def main() -> None:
    quick = is_quick(__doc__)
    total, seeds = (100, 1) if quick else (300, 3)
    rows = [geometry(), *comparison("rover-60", total, seeds), *comparison("ackley-200", total, seeds)]
    print_table("Trust regions", [*rows, sparse(60 if quick else 120, seeds)])


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


def optimise(
    strategy: Strategy, name: str, total: int, seed: int, design: int = _DESIGN, batch: int = _BATCH
) -> float:
    """The best value, minimised, of one whole optimisation."""
    problem: Problem = load_problem(name)
    study = Study(problem.space, problem.goals, strategy=strategy, store=None, seed=seed)
    values = []
    for params in problem.space.decode(sobol(problem.space, design, seed=seed)):
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
