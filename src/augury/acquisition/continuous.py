"""Refinement of all restarts at once in a box: by Newton's method in few columns, else by L-BFGS."""

from __future__ import annotations

from typing import cast

import numpy as np

from augury.acquisition.base import Acquisition, CurvedAcquisition
from augury.numerics import box_newton
from augury.numerics.lbfgs import minimize

#: A restart whose step gains less than this is at the top to well below what a decision notices.
_LEAST_GAIN = 1e-5
_GRADIENT_TOLERANCE = 1e-4
_MAX_ITERATIONS = 60
_FEW_COLUMNS = 2
#: A restart that is behind after so many steps does not catch up, in many columns and in few: all but these
#: leaders are stopped then.
_HEATS, _FINALISTS = (8, 5), (4, 2)
#: Up to so many columns an acquisition's Hessian, where there is one, pays for itself.
_NEWTON_COLUMNS, _LONGEST_STEP = 6, 0.3
_NEWTON_HEATS, _NEWTON_FINALISTS = (4, 2), (8, 2)
_MEMORY = 5  # more pairs cost more than they save in the few steps that a climb takes
_MOST_STRETCHED = 10.0  # a column of a long lengthscale, against that of the shortest


def refine_in_box(
    acquisition: Acquisition, X: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Climb from every row of `X` at once; only the leaders are followed to the very top.

    In few columns by Newton's method, where the acquisition `has_curvature`; else by L-BFGS. This measures
    columns in the acquisition's `lengthscales` where it tells them: its Hessian is better conditioned then,
    and half the steps suffice.

    Args:
        acquisition: what is maximised.
        X: `R x dim` starts.
        lower: `dim` or `R x dim` lower bounds; coordinates whose bounds agree are held exactly.
        upper: likewise.

    Returns:
        The refined points `R x dim` and their `R` values.
    """
    few = int(np.atleast_2d(upper - lower).any(axis=0).sum()) <= _FEW_COLUMNS
    if X.shape[1] <= _NEWTON_COLUMNS and getattr(acquisition, "has_curvature", False):
        found = box_newton.maximize(
            cast(CurvedAcquisition, acquisition).expand,
            X,
            lower,
            upper,
            least_gain=_LEAST_GAIN,
            longest_step=_LONGEST_STEP,
            max_iterations=_MAX_ITERATIONS,
            finalists=_NEWTON_FINALISTS[few],
            heats=_NEWTON_HEATS[few],
        )
        return found.x, found.value
    units = _units(getattr(acquisition, "lengthscales", None), X.shape[1])

    def negative(points: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, gradient = acquisition.value_gradient(points * units)
        return -value, gradient * -units

    result = minimize(
        negative,
        X / units,
        lower / units,
        upper / units,
        max_iterations=_MAX_ITERATIONS,
        memory=_MEMORY,
        gradient_tolerance=_GRADIENT_TOLERANCE,
        value_tolerance=_LEAST_GAIN,
        finalists=_FINALISTS[few],
        heats=_HEATS[few],
    )
    # what a division and a multiplication have moved by a rounding error goes back within the bounds
    return np.minimum(np.maximum(result.x * units, lower), upper), -result.value


def _units(lengthscales: np.ndarray | None, dim: int) -> np.ndarray:
    """`dim` units of the columns: 1 for the shortest lengthscale, and for categories."""
    if lengthscales is None:
        return np.ones(dim)
    units = np.minimum(lengthscales / np.fmin.reduce(lengthscales), _MOST_STRETCHED)
    return np.where(np.isnan(units), 1.0, units)
