"""Maximum a posteriori hyperparameters: L-BFGS, with further starts only where they can help."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from augury.models.exact.marginal_likelihood import MarginalLikelihood

#: L-BFGS stops when a step gains less than this, in nats; far below what a decision can notice.
_NEGLIGIBLE_GAIN = 2e-3
#: Where rows are few the posterior often has two modes, and a second start costs about a millisecond.
_ROWS_FOR_TWO_STARTS = 60
#: A fit that calls most of the variance noise may have missed the mode that explains it.
_SUSPICIOUS_NOISE = 0.3
_SUSPICION_STARTS = 4
#: From here on a cold fit begins from the best theta of a subset of the rows.
_ROWS_FOR_SUBSET = 200


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
    n = len(likelihood.y)
    generator = np.random.default_rng(seed)
    starts = likelihood.starts()
    if initial is not None:
        starts = np.concatenate([np.clip(initial, *likelihood.bounds())[None], starts])
    elif n >= _ROWS_FOR_SUBSET:
        rows = np.sort(generator.choice(n, max(100, n // 4), replace=False))
        theta, _ = maximize_posterior(subset(rows), subset, seed=seed)
        starts = theta[None]
    few = n <= _ROWS_FOR_TWO_STARTS
    best = max((_ascend(likelihood, start) for start in starts[: 2 if few else 1]), key=_density)
    if few and likelihood.infers_noise and best[0][-1] > np.log(_SUSPICIOUS_NOISE):
        spread = generator.standard_normal((_SUSPICION_STARTS, starts.shape[1]))
        further = np.clip(starts[-1] + spread * 1.5, *likelihood.bounds())
        best = max([best, *(_ascend(likelihood, start) for start in further)], key=_density)
    return best


def _density(result: tuple[np.ndarray, float]) -> float:
    return result[1]


def _ascend(likelihood: MarginalLikelihood, start: np.ndarray) -> tuple[np.ndarray, float]:
    def negative(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = likelihood.value_gradient(theta)
        return -value, -gradient

    value, _ = negative(start)
    if not np.isfinite(value):
        return start, -np.inf
    result = minimize(
        negative,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=likelihood.bounds().T,
        options={"maxiter": 200, "ftol": _NEGLIGIBLE_GAIN / max(abs(value), 1.0), "gtol": 1e-2},
    )
    if not np.isfinite(result.fun):  # a line search lost in a region without a factorisation
        return start, -value
    return result.x, -float(result.fun)
