"""Offline problems made of problems whose function is known: their worse part is the table."""

from __future__ import annotations

import numpy as np

from augury.datasets.suzuki import suzuki_table
from augury.errors import InvalidInputError
from augury.problems.offline.problem import OfflineProblem
from augury.problems.problem import Problem
from augury.space.sampling import uniform


def function_table(problem: Problem, n: int = 500, share: float = 0.4, *, seed: int = 0) -> OfflineProblem:
    """The worst of many random designs of a test function.

    Args:
        problem: the function; what it minimises is maximised with the opposite sign.
        n: rows of the table.
        share: of the random designs, those that the table holds; the better ones are left out.
        seed: of the designs.

    Returns:
        The problem; the least score drawn counts as 0, the optimum as 1.

    Raises:
        InvalidInputError: n < 1, or a share outside (0, 1].
    """
    if n < 1 or not 0.0 < share <= 1.0:
        raise InvalidInputError(f"n must be at least 1 and share in (0, 1]; given {n} and {share}")
    sign = float(problem.goals.objective_signs[0])

    def oracle(designs: np.ndarray) -> np.ndarray:
        return sign * np.array([problem.function(params) for params in problem.space.decode(designs)])

    X = uniform(problem.space, int(np.ceil(n / share)), seed=seed)
    y = oracle(X)
    worst = np.sort(np.argsort(y, kind="stable")[:n])
    return OfflineProblem(problem.space, X[worst], y[worst], oracle, float(y.min()), sign * problem.optimum)


def suzuki_half(coupling: int | None = None) -> OfflineProblem:
    """The Suzuki-Miyaura table: the couplings of at most the median yield are known, all may be proposed.

    Args:
        coupling: None for all 5,760 experiments, or 1 to 15 for the 384 of one reactant pair.

    Source: see `augury.datasets.suzuki`.
    """
    table = suzuki_table(coupling)
    X, y = table.space.candidates, table.frame[table.outcome].to_numpy()
    assert X is not None

    def oracle(designs: np.ndarray) -> np.ndarray:
        yields: np.ndarray = y[table.space.row_index(designs)]
        return yields

    known = y <= np.median(y)
    return OfflineProblem(table.space, X[known], y[known], oracle, float(y.min()), float(y.max()))
