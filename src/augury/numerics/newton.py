"""Damped Newton ascent on a box, for functions of few variables whose curvature is at hand."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import NamedTuple

import numpy as np
from scipy.linalg import lapack

_TRUSTED, _DOUBTED = 0.75, 0.25  # share of the predicted gain that came true
_LEAST_SHARE = 0.05  # below, a step is taken back
_FIRST_DAMPING, _GROWTH, _DECAY = 0.3, 4.0, 0.1
_NO_DAMPING, _MOST_DAMPING = 1e-3, 1e3
MAX_EVALUATIONS = 60


class Expansion(NamedTuple):
    """A function to second order at a point of `p` variables.

    Args:
        value: of the function; `-inf` where it has none, and then the rest does not matter.
        gradient: `p`.
        curvature: `p x p`, positive definite: an approximation of minus the Hessian matrix.
    """

    value: float
    gradient: np.ndarray
    curvature: np.ndarray


def expand_each(
    function: Callable[[np.ndarray], Expansion], points: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`r` values, `r x p` gradients and `r x p x p` curvatures at the rows of `points` (`r x p`)."""
    expansions = [function(point) for point in points]
    return (
        np.array([expansion.value for expansion in expansions]),
        np.array([expansion.gradient for expansion in expansions]),
        np.array([expansion.curvature for expansion in expansions]),
    )


def ascend(
    function: Callable[[np.ndarray], Expansion],
    start: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    *,
    least_gain: float,
    longest_step: float | np.ndarray,
    max_evaluations: int = MAX_EVALUATIONS,
    proceed: Callable[[np.ndarray], bool] = lambda x: True,
) -> tuple[np.ndarray, float]:
    """A local maximum of a function on a box.

    Each step maximises the quadratic model of the variables that are not held by a bound, damped as by
    Levenberg and Marquardt: the diagonal of the curvature grows while the model promises more than comes
    true.

    Args:
        function: gives the `Expansion` at a point.
        start: `p`; clipped to the box.
        lower: `p` lower bounds.
        upper: `p` upper bounds.
        least_gain: the ascent ends where the model promises no more than this.
        longest_step: of each variable at once, one number or `p`; a longer step is shortened as a whole.
            Further away the quadratic model knows nothing.
        max_evaluations: of the function.
        proceed: whether a point that is better than the last one is worth going on from.

    Returns:
        The best point and its value; the start, where it has no finite value.

    Source: Nocedal and Wright, "Numerical optimization" (2006), sections 4.1 and 10.3; Bertsekas, "Projected
    Newton methods", SIAM J. Control Optim. 20 (1982), for the choice of the free variables.
    """
    x = np.minimum(np.maximum(start, lower), upper)
    here = function(x)
    damping = 0.0
    for _ in range(max_evaluations - 1):
        if not isfinite(here.value):
            break
        step = _step(here, x, lower, upper, damping, longest_step)
        promised = float(step @ here.gradient - 0.5 * (step @ here.curvature @ step))
        if promised < 0.0 and damping < _MOST_DAMPING:  # the box has cut the step badly
            damping = max(_GROWTH * damping, _FIRST_DAMPING)
            continue
        if not promised > least_gain:
            break
        ahead = np.minimum(np.maximum(x + step, lower), upper)
        there = function(ahead)
        share = (there.value - here.value) / promised
        if share > _LEAST_SHARE:
            x, here = ahead, there
            if not proceed(x):
                break
            if share > _TRUSTED:
                damping = damping * _DECAY if damping > _NO_DAMPING else 0.0
            elif share < _DOUBTED:
                damping = max(_GROWTH * damping, _FIRST_DAMPING)
        else:  # NaN and -inf come here too
            damping = max(_GROWTH * damping, _FIRST_DAMPING)
    return x, here.value


def _step(
    here: Expansion,
    x: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    damping: float,
    longest: float | np.ndarray,
) -> np.ndarray:
    """The damped Newton step on the box, cut to length.

    Variables that a bound holds stay; those that would cross one go as far as it, and the others are solved
    for again.
    """
    gradient = here.gradient
    matrix = here.curvature if not damping else here.curvature + np.diag(damping * here.curvature.diagonal())
    free = np.where(gradient > 0.0, x < upper, x > lower)
    step = np.zeros_like(x)
    for _ in range(len(x)):
        step = _solve(matrix, gradient, free, step)
        ahead = x + step
        within = np.minimum(np.maximum(ahead, lower), upper)
        crossing = within != ahead
        if not crossing.any():
            break
        free &= ~crossing
        step = np.where(free, 0.0, within - x)
    excess = float((np.abs(step) / longest).max())
    return step / excess if excess > 1.0 else step


def _solve(matrix: np.ndarray, gradient: np.ndarray, free: np.ndarray, step: np.ndarray) -> np.ndarray:
    """`step`, with its free entries where the quadratic model is stationary in them."""
    if not free.all():
        gradient = np.where(free, gradient - matrix @ step, step)
        matrix = matrix * (free[:, None] & free)
        np.einsum("ii->i", matrix)[...] += ~free
    _, solution, failed = lapack.dposv(matrix, gradient)
    return gradient / matrix.diagonal() if failed else solution
