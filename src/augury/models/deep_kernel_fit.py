"""Training of deep kernels: all hyperparameters and weights together on the exact marginal likelihood."""

from __future__ import annotations

from itertools import count

import numpy as np
from scipy.optimize import minimize

from augury.inference.base import Progress
from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.models.exact.regression import ExactRegression
from augury.numerics.linalg import inverse_factor
from augury.numerics.threads import blas_threads

#: L-BFGS stops when a step gains less than this, in nats, or after this many steps.
_NEGLIGIBLE_GAIN = 1e-2
_STEPS = 200
#: Up to here a second start, which explains the data by noise, is tried too, and both beside a warm one.
_FEW_ROWS = 60
#: With more rows than this, a cold fit begins from the weights of a subset.
_MANY_ROWS = 150
_SUBSET_ROWS = 75


def fit_deep_kernel(
    regression: ExactRegression,
    *,
    initial: np.ndarray | None = None,
    patience: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> np.ndarray:
    """The hyperparameters and weights of the highest log posterior density that L-BFGS finds.

    Args:
        regression: the data, and the covariance at its first `theta`; what it computes is overwritten.
        initial: the `theta` of an earlier fit on almost the same data (a warm start).
        patience: stop after this many steps without a better leave-one-out score, and keep the best step by
            that score; None to go on to the maximum.
        seed: chooses the subset.
        progress: called after each step of an ascent.
    """
    likelihood = MarginalLikelihood(regression.covariance, regression.y, regression.noise)
    rows = len(regression.y)
    with blas_threads(rows):
        starts = [] if initial is None else [np.clip(initial, *likelihood.bounds())]
        if initial is None and rows > _MANY_ROWS:
            chosen = np.random.default_rng(seed).choice(rows, max(_SUBSET_ROWS, rows // 4), replace=False)
            subset = _subset(regression, np.sort(chosen))
            starts = [fit_deep_kernel(subset, patience=patience, seed=seed, progress=progress)]
        elif initial is None or rows <= _FEW_ROWS:
            starts += list(likelihood.starts()[: 2 if rows <= _FEW_ROWS else 1])
        results = [ascend(likelihood, start, patience, progress) for start in starts]
    return max(results, key=lambda result: result[1])[0]


def _subset(regression: ExactRegression, rows: np.ndarray) -> ExactRegression:
    X = regression.X[rows]
    noise = None if regression.noise is None else regression.noise[rows]
    return ExactRegression(X, regression.y[rows], noise, regression.covariance.rebind(X))


def leave_one_out_score(likelihood: MarginalLikelihood, theta: np.ndarray) -> float:
    r"""The log predictive density of each outcome given all others, summed; in closed form.

    .. math::
        \sum_i \log \mathcal N(y_i; \mu_i, \sigma_i^2), \quad \mu_i = y_i - \alpha_i / [K^{-1}]_{ii}, \quad
        \sigma_i^2 = 1 / [K^{-1}]_{ii}

    Source: Rasmussen and Williams (2006), eqs. 5.10-5.12.
    """
    try:
        factor, alpha, _ = likelihood.factorise(theta)
    except FloatingPointError:
        return -np.inf
    inverse = inverse_factor(factor)
    precision = np.einsum("ji,ji->i", inverse, inverse)
    terms = np.log(precision) - alpha**2 / precision - np.log(2.0 * np.pi)
    return 0.5 * float(terms.sum())


def ascend(
    likelihood: MarginalLikelihood,
    start: np.ndarray,
    patience: int | None,
    progress: Progress | None = None,
) -> tuple[np.ndarray, float]:
    """L-BFGS from one start; `theta`, and the log posterior density (the score, when stopping early)."""
    value, gradient = likelihood.value_gradient(start)
    if not np.isfinite(value):
        return start, -np.inf
    known = {start.tobytes(): (-value, -gradient)}

    def negative(theta: np.ndarray) -> tuple[float, np.ndarray]:
        first = known.pop(theta.tobytes(), None)
        if first is not None:
            return first
        density, slope = likelihood.value_gradient(theta)
        return -density, -slope

    watch = _EarlyStop(likelihood, start, patience) if patience is not None else None
    steps = count(1)

    def after_step(theta: np.ndarray) -> None:
        if progress is not None:
            progress(next(steps), _STEPS, f"fitting {len(likelihood.y)} rows")
        if watch is not None:
            watch(theta)

    result = minimize(
        negative,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=likelihood.bounds().T,
        callback=after_step,
        options={"maxiter": _STEPS, "ftol": _NEGLIGIBLE_GAIN / max(abs(value), 1.0), "gtol": 1e-3},
    )
    if watch is not None:
        return watch.theta, watch.score
    if not np.isfinite(result.fun):  # a line search lost in a region without a factorisation
        return start, value
    return result.x, -float(result.fun)


class _EarlyStop:
    """Keeps the step of the best leave-one-out score, and ends the search when it has not improved."""

    def __init__(self, likelihood: MarginalLikelihood, start: np.ndarray, patience: int) -> None:
        self.likelihood, self.patience, self.waited = likelihood, patience, 0
        self.theta, self.score = start, leave_one_out_score(likelihood, start)

    def __call__(self, theta: np.ndarray) -> None:
        score = leave_one_out_score(self.likelihood, theta)
        self.waited += 1
        if score > self.score:
            self.theta, self.score, self.waited = theta.copy(), score, 0
        if self.waited >= self.patience:
            raise StopIteration
