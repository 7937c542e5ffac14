"""Maximum a posteriori hyperparameters: one ascent, and further starts only where they can help."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from augury.models.exact.ascent import Found, LogPosterior, climb
from augury.models.exact.modes import best_of
from augury.numerics.threads import blas_threads

#: The first step of L-BFGS from a start that is already a good one, in units of log hyperparameters.
_SHORT_STEP = 0.1
#: With more rows a cold fit begins from the best theta of a subset, and no fit tries further starts.
_FEW_ROWS = 120
_SUBSET_ROWS = 50
#: A fit whose squared error at outcomes left out is more than this of their variance may have missed a mode;
#: the first up to so many rows, where modes are many and further ascents cheap.
_POOR_PREDICTION, _POOR_PREDICTION_OF_MORE = 0.02, 0.15
_SCARCE = 90
#: Whether a fit took noise for signal is asked of the same fit with scales longer by so many log units and
#: noise instead. Unless that is less likely by more than so many nats per row, the other mode is looked for.
#: It is given up where it lets go of the noise again (among few rows only if it is no better after so many
#: evaluations).
_LONGER = 1.0
_HOPELESS = 1.5
_TRIAL = 6


def maximize_posterior(
    likelihood: LogPosterior,
    subset: Callable[[np.ndarray], LogPosterior],
    *,
    initial: np.ndarray | None = None,
    seed: int = 0,
    nearby: bool = False,
) -> Found:
    """The hyperparameters of the highest log posterior density.

    Args:
        likelihood: the objective on all rows.
        subset: gives the objective on some rows (an index array), used to start cheaply when rows are many.
        initial: the `theta` of an earlier fit on almost the same data (a warm start).
        seed: chooses the subset.
        nearby: only the mode that `initial` leads to.

    Returns:
        `theta` and its log posterior density.
    """
    n = likelihood.n
    with blas_threads(n):
        if initial is None and n > _FEW_ROWS:
            initial = _fit_to_some(subset, np.arange(n), np.random.default_rng(seed))
        if initial is None:
            found = climb(likelihood, likelihood.starts()[0])
        else:
            found = climb(likelihood, np.clip(initial, *likelihood.bounds()), _SHORT_STEP)
        if n > _FEW_ROWS or nearby:
            return _unless_noise(likelihood, found)
        used = 1 if initial is None else 0
        if not likelihood.has_curvature:
            # L-BFGS stays in the quiet mode or in the noisy one, wherever it begins.
            found = best_of(likelihood, found, likelihood.starts()[used : used + 1])
            used += 1
        if not _is_poor(likelihood, found):
            return _unless_noise(likelihood, found)
        noisier, further = _noisier(likelihood, found[0]), likelihood.starts()[used:]
        if len(noisier) and used < 2:
            further = np.delete(further, 1 - used, axis=0)  # the noisy start, of which that is the better one
        starts = np.concatenate([noisier, further, likelihood.rough_starts()])
        return best_of(likelihood, found, starts, again=initial is not None)


def _fit_to_some(
    subset: Callable[[np.ndarray], LogPosterior], rows: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """The best `theta` of a quarter of `rows`, itself begun from a quarter of them where they are many."""
    some = np.sort(generator.choice(rows, max(_SUBSET_ROWS, len(rows) // 4), replace=False))
    likelihood = subset(some)
    if len(some) > _FEW_ROWS:
        found = climb(likelihood, _fit_to_some(subset, some, generator), _SHORT_STEP)
    else:
        found = climb(likelihood, likelihood.starts()[0])
    if not likelihood.has_curvature:
        found = best_of(likelihood, found, likelihood.starts()[1:2])
    return _unless_noise(likelihood, found)[0]


def _is_poor(likelihood: LogPosterior, found: Found) -> bool:
    """Whether the fit leaves so much unexplained that another one may explain it."""
    least = _POOR_PREDICTION if likelihood.n <= _SCARCE else _POOR_PREDICTION_OF_MORE
    return np.isfinite(found[1]) and likelihood.leave_one_out_error(found[0]) > least


def _unless_noise(likelihood: LogPosterior, found: Found) -> Found:
    """The fit, or a better one nearby that calls noise what it called signal.

    An ascent that lets go of the noise first ends where short scales, also of inputs that do not matter,
    explain all: a mode of its own.
    """
    theta, density = found
    if not np.isfinite(density):
        return found
    for noisier in _noisier(likelihood, theta):
        if likelihood.value(noisier) >= density - _HOPELESS * likelihood.n:
            begun, reached = climb(
                likelihood,
                noisier,
                evaluations=_TRIAL,
                proceed=lambda theta: likelihood.n <= _SCARCE or _is_noisy(likelihood, theta),
            )
            if reached > density or _is_noisy(likelihood, begun):
                return best_of(likelihood, found, begun[None])
    return found


def _is_noisy(likelihood: LogPosterior, theta: np.ndarray) -> bool:
    """Whether it calls at least some of the error at outcomes left out noise."""
    return not len(_noisier(likelihood, theta))


def _noisier(likelihood: LogPosterior, theta: np.ndarray) -> np.ndarray:
    """Where the mode that calls more of the data noise is looked for: one start (`1 x p`) or none."""
    start = likelihood.explained_by_noise(theta, _LONGER) if likelihood.has_curvature else None
    return np.empty((0, len(theta))) if start is None else start[None]
