"""Decisions with several fidelities: what the literature says of them, on Forrester's pair (minutes).

The survey (Do and Zhang, arXiv 2311.13050) has no table of its own; its claims are those of the works that it
reviews: cheap versions save cost where they are correlated with the truth and much cheaper, and can be worse
than the truth alone where they are not. Budget: what 15 evaluations of the truth cost. Seeds are 0 to 4
(`--quick`: 0).
"""

from __future__ import annotations

import numpy as np
from benchmarks.multi_fidelity import ALONE, BUDGET, work

from reproductions._table import Row, is_quick, print_table

METHODS = [
    ("two-step rule (the default)", "augury"),
    ("augmented EI", "augury:acquisition=augmented-ei"),
    ("variable-fidelity EI", "augury:acquisition=variable-fidelity-ei"),
    ("max-value entropy", "augury:acquisition=mf-mes"),
]


def saved(seeds: int, ratio: int) -> list[Row]:
    """The cost, in evaluations of the truth, after which the optimum was known to 0.01."""
    alone = [_cost(work("forrester", ALONE, 1, seed)["trace"]) for seed in range(seeds)]
    rows = [("truth alone: cost until the regret is 0.01", "-", _shown(alone))]
    for name, method in METHODS[: 1 if seeds == 1 else None]:
        costs = [_cost(work("forrester", method, ratio, seed)["trace"]) for seed in range(seeds)]
        rows.append((f"{name}, ratio {ratio}", "less than the truth alone", _shown(costs)))
    return rows


def unrelated(seeds: int, ratio: int) -> list[Row]:
    """How much of the budget goes to a cheap version that tells nothing."""
    shares = []
    for seed in range(seeds):
        trace = work("forrester-bad", "augury", ratio, seed)["trace"]
        cheap = sum(1.0 / ratio for _, regret in trace if regret is None)
        shares.append(f"{100.0 * cheap / BUDGET:.0f} %")
    return [(f"budget spent on an unrelated version, ratio {ratio}", "none (an ideal)", ", ".join(shares))]


def _cost(trace: list[list[float | None]]) -> float:
    for cost, regret in trace:
        if regret is not None and regret <= 0.01 and cost is not None:
            return cost
    return float("inf")


def _shown(costs: list[float]) -> str:
    each = ", ".join("not within 15" if np.isinf(cost) else f"{cost:.1f}" for cost in costs)
    return f"{each} (budget {BUDGET})"


def main() -> None:
    seeds = 1 if is_quick(__doc__) else 5
    print_table("A cheap version of which the truth is a linear function", saved(seeds, 10))
    print_table("A cheap version without relation to the truth", unrelated(seeds, 10))


if __name__ == "__main__":
    main()
