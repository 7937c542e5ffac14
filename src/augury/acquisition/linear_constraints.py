"""Refinement inside linear constraints, by sequential quadratic programming from the best starts."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from augury.acquisition.base import Acquisition
from augury.space.repair import repaired
from augury.space.space import Space

_MOST_STARTS = 5
_MAX_ITERATIONS = 50
_FEASIBILITY_HALVINGS = 40


def refine_in_polytope(
    acquisition: Acquisition, space: Space, X: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Climb from the first rows of `X` without leaving the constraints of the space.

    Rows beyond the first few are only evaluated. A result that breaks a constraint by a rounding error is
    moved back towards its start, which keeps it feasible exactly.

    Args:
        acquisition: what is maximised.
        space: a space with rules (linear in the parameters' own units); of counts, columns at zero are held
            by their bounds.
        X: `R x dim` feasible starts, best first.
        lower: `R x dim` lower bounds; coordinates whose bounds agree are held exactly.
        upper: likewise.

    Returns:
        The refined points `R x dim` and their `R` values.
    """
    start_values = acquisition.value(X)
    refined = X.copy()
    for row in range(min(len(X), _MOST_STARTS)):
        free = np.flatnonzero(lower[row] < upper[row])
        if len(free):
            refined[row, free] = _climb(acquisition, space, X[row], free, lower[row], upper[row])
    if space.rules.thin:
        refined = repaired(space, refined, held=lower == upper)
    refined = _pull_back(space, X, refined)
    values = acquisition.value(refined)
    worse = ~(values > start_values)
    refined[worse], values[worse] = X[worse], start_values[worse]
    return refined, values


def _climb(
    acquisition: Acquisition,
    space: Space,
    start: np.ndarray,
    free: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
) -> np.ndarray:
    """The free coordinates of the point that SLSQP reaches from a start."""

    def full(x: np.ndarray) -> np.ndarray:
        point = start.copy()
        point[free] = np.minimum(np.maximum(x, lower[free]), upper[free])
        return point[None]

    def negative(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = acquisition.value_gradient(full(x))
        return -float(value[0]), -gradient[0, free]

    equalities = space.rules.equalities
    constraints = [
        {
            "type": "ineq",
            "fun": lambda x: -space.constraint_values(full(x))[0],
            "jac": lambda x: -space.constraint_jacobian(full(x))[0][:, free],
        }
    ]
    if len(equalities):
        constraints.append(
            {
                "type": "eq",
                "fun": lambda x: equalities.values(full(x))[0],
                "jac": lambda x: equalities.jacobian(full(x))[0][:, free],
            }
        )
    result = minimize(
        negative,
        start[free],
        jac=True,
        method="SLSQP",
        bounds=np.stack([lower[free], upper[free]], axis=1),
        constraints=constraints,
        options={"maxiter": _MAX_ITERATIONS, "ftol": 1e-7},
    )
    return full(result.x)[0, free] if np.isfinite(result.x).all() else start[free]


def _pull_back(space: Space, X: np.ndarray, refined: np.ndarray) -> np.ndarray:
    """The last feasible points on the segments from `X` to `refined`, by bisection."""
    share = np.ones(len(X))
    good = np.zeros(len(X))
    outside = ~space.feasible(refined)
    good[~outside] = 1.0
    step = 0.5
    for _ in range(_FEASIBILITY_HALVINGS if outside.any() else 0):
        share = np.where(outside, good + step, 1.0)
        feasible = space.feasible(X + share[:, None] * (refined - X))
        good = np.where(outside & feasible, share, good)
        step *= 0.5
    return np.where(outside[:, None], X + good[:, None] * (refined - X), refined)
