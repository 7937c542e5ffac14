"""Ascents to modes of a log density of hyperparameters, from given starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from scipy.optimize import minimize

from augury.numerics.newton import MAX_EVALUATIONS, Expansion, ascend
from augury.numerics.threads import blas_threads

#: L-BFGS stops when a step gains less than this, in nats: a hundredth is far below what a decision notices.
_NEGLIGIBLE_GAIN = 1e-2

#: `theta` and its log posterior density
Found = tuple[np.ndarray, float]


class LogDensity(Protocol):
    """What an ascent needs of a log density of hyperparameters."""

    @property
    def n(self) -> int:
        """The number of rows."""

    @property
    def has_curvature(self) -> bool:
        """Whether `expand` is to be had."""

    @property
    def negligible_promise(self) -> float:
        """When Newton's method stops, see `Covariance`."""

    def bounds(self) -> np.ndarray:
        """`2 x p`."""

    def longest_step(self) -> np.ndarray:
        """`p`: how far Newton's method may change each of `theta` at once."""

    def value_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """The density and its gradient; `(-inf, 0)` where it cannot be computed."""

    def expand(self, theta: np.ndarray) -> Expansion:
        """The same with a curvature."""


class LogPosterior(LogDensity, Protocol):
    """A log posterior density of hyperparameters, and what the search for its highest mode needs besides."""

    def starts(self) -> np.ndarray:
        """`s x p`, best guess first; the second explains the data by noise, where noise is inferred."""

    def rough_starts(self) -> np.ndarray:
        """`r x p`, where few inputs explain the data by very short scales; perhaps none."""

    def value(self, theta: np.ndarray) -> float:
        """The density."""

    def values(self, thetas: np.ndarray) -> np.ndarray:
        """That of each row of `thetas` (`r x p`)."""

    def expand_all(self, thetas: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`expand` of each row of `thetas` (`r x p`), stacked."""

    def leave_one_out_error(self, theta: np.ndarray) -> float:
        """The mean squared error of predicting each outcome from the others, as a share of their variance."""

    def explained_by_noise(self, theta: np.ndarray, longer: float) -> np.ndarray | None:
        """`theta` with all scales but the shortest longer by so many log units, and noise for what they no
        longer explain; None where the noise is known, or no less than the data show."""


def climb_from(likelihood: LogDensity, starts: np.ndarray) -> Found:
    """The best of the ascents from all `starts` (`s x p`), for densities of several modes."""
    lower, upper = likelihood.bounds()
    with blas_threads(likelihood.n):
        return max((climb(likelihood, start) for start in np.clip(starts, lower, upper)), key=density_of)


def climb(
    likelihood: LogDensity,
    start: np.ndarray,
    scale: float = 1.0,
    patience: float = 1.0,
    evaluations: int = MAX_EVALUATIONS,
    proceed: Callable[[np.ndarray], bool] = lambda theta: True,
) -> Found:
    """Newton's method where the covariance allows it, else L-BFGS with a first step of length `scale`."""
    if not likelihood.has_curvature:
        return _climb_by_gradients(likelihood, start, scale)
    lower, upper = likelihood.bounds()
    return ascend(
        likelihood.expand,
        start,
        lower,
        upper,
        least_gain=patience * likelihood.negligible_promise,
        longest_step=likelihood.longest_step(),
        max_evaluations=evaluations,
        proceed=proceed,
    )


def _climb_by_gradients(likelihood: LogDensity, start: np.ndarray, scale: float) -> Found:
    """L-BFGS from one start, in units of `scale`: its first step has length 1 whatever the curvature."""
    value, gradient = likelihood.value_gradient(start)
    if not np.isfinite(value):
        return start, -np.inf
    first = (-value, -gradient * scale)

    def negative(step: np.ndarray) -> tuple[float, np.ndarray]:
        if not step.any():
            return first
        density, slope = likelihood.value_gradient(start + scale * step)
        return -density, -slope * scale

    result = minimize(
        negative,
        np.zeros_like(start),
        jac=True,
        method="L-BFGS-B",
        bounds=((likelihood.bounds() - start) / scale).T,
        options={"maxiter": 200, "ftol": _NEGLIGIBLE_GAIN / max(abs(value), 1.0), "gtol": 1e-2 * scale},
    )
    if not np.isfinite(result.fun):  # a line search lost in a region without a factorisation
        return start, value
    return start + scale * result.x, -float(result.fun)


def density_of(found: Found) -> float:
    """Its log density, to sort by."""
    return found[1]
