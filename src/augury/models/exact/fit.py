"""Maximum a posteriori hyperparameters: L-BFGS, with further starts only where they can help."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.numerics.threads import blas_threads

#: L-BFGS stops when a step gains less than this, in nats: a hundredth is far below what a decision notices.
_NEGLIGIBLE_GAIN = 1e-2
#: The first step from a start that is already a good one, in units of log hyperparameters.
_SHORT_STEP = 0.1
#: Up to here a cold fit tries two starts: the posterior often has two modes, one of them quiet, one noisy.
#: With more rows it begins from the best theta of a subset.
_FEW_ROWS = 120
_SUBSET_ROWS = 50
#: Up to here a warm fit tries a cold start too.
_FEW_ROWS_WARM = 60
#: A fit that calls most of the variance noise may have missed the mode that explains it.
_SUSPICIOUS_NOISE = 0.3
_SUSPICION_STARTS = 4


def maximize_posterior(
    likelihood: MarginalLikelihood,
    subset: Callable[[np.ndarray], MarginalLikelihood],
    *,
    initial: np.ndarray | None = None,
    seed: int = 0,
) -> tuple[np.ndarray, float]:
    """The hyperparameters of the highest log posterior density.

    Args:
        likelihood: the objective on all rows.
        subset: gives the objective on some rows (an index array), used to start cheaply when rows are many.
        initial: the `theta` of an earlier fit on almost the same data (a warm start).
        seed: chooses the subset and the further starts.

    Returns:
        `theta` and its log posterior density.
    """
    with blas_threads(len(likelihood.y)):
        if initial is not None:
            best = _ascend(likelihood, np.clip(initial, *likelihood.bounds()), _SHORT_STEP)
            if len(likelihood.y) > _FEW_ROWS_WARM:
                return best
            return _best_of(likelihood, best, likelihood.starts()[:1], seed)
        if len(likelihood.y) > _FEW_ROWS:
            n = len(likelihood.y)
            rows = np.random.default_rng(seed).choice(n, max(_SUBSET_ROWS, n // 4), replace=False)
            start, _ = maximize_posterior(subset(np.sort(rows)), subset, seed=seed)
            return _ascend(likelihood, start, _SHORT_STEP)
        starts = likelihood.starts()
        best = _ascend(likelihood, starts[0])
        return _best_of(likelihood, best, starts[1:2], seed)


def _best_of(
    likelihood: MarginalLikelihood,
    best: tuple[np.ndarray, float],
    others: np.ndarray,
    seed: int,
) -> tuple[np.ndarray, float]:
    """The best of a fit and of further starts; of more of them where the fit is suspicious."""
    best = max([best, *(_ascend(likelihood, start) for start in others)], key=_density)
    if likelihood.infers_noise and best[0][-1] > np.log(_SUSPICIOUS_NOISE):
        spread = np.random.default_rng(seed).standard_normal((_SUSPICION_STARTS, len(best[0])))
        further = np.clip(likelihood.starts()[-1] + spread * 1.5, *likelihood.bounds())
        best = max([best, *(_ascend(likelihood, start) for start in further)], key=_density)
    return best


def _density(result: tuple[np.ndarray, float]) -> float:
    return result[1]


def _ascend(
    likelihood: MarginalLikelihood, start: np.ndarray, scale: float = 1.0
) -> tuple[np.ndarray, float]:
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
