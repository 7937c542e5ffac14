"""Refinement of all restarts at once in a box, by batched L-BFGS."""

from __future__ import annotations

import numpy as np

from augury.acquisition.base import Acquisition
from augury.numerics.lbfgs import minimize

#: Differences of an acquisition value below this do not change what is worth evaluating.
VALUE_TOLERANCE = 1e-6
_GRADIENT_TOLERANCE = 1e-4
_MAX_ITERATIONS = 60
_HEATS, _FINALISTS = 20, 3  # a restart that is behind after so many steps does not catch up
_MEMORY = 5  # more pairs cost more than they save in the few steps that a climb takes


def refine_in_box(
    acquisition: Acquisition, X: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Climb from every row of `X` at once; only the leaders are followed to the very top.

    Args:
        acquisition: what is maximised.
        X: `R x dim` starts.
        lower: `dim` or `R x dim` lower bounds; coordinates whose bounds agree are held exactly.
        upper: likewise.

    Returns:
        The refined points `R x dim` and their `R` values.
    """

    def negative(points: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, gradient = acquisition.value_gradient(points)
        return -value, -gradient

    result = minimize(
        negative,
        X,
        lower,
        upper,
        max_iterations=_MAX_ITERATIONS,
        memory=_MEMORY,
        gradient_tolerance=_GRADIENT_TOLERANCE,
        value_tolerance=VALUE_TOLERANCE,
        finalists=_FINALISTS,
        heats=_HEATS,
    )
    return result.x, -result.value
