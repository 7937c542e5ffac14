"""Maximum a posteriori hyperparameters: one ascent, and further starts only where they can help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from scipy.optimize import minimize

from augury.numerics.box_newton import maximize
from augury.numerics.newton import MAX_EVALUATIONS, Expansion, ascend
from augury.numerics.threads import blas_threads

#: L-BFGS stops when a step gains less than this, in nats: a hundredth is far below what a decision notices.
_NEGLIGIBLE_GAIN = 1e-2
#: The first step of L-BFGS from a start that is already a good one, in units of log hyperparameters.
_SHORT_STEP = 0.1
#: With more rows a cold fit begins from the best theta of a subset, and no fit tries further starts.
_FEW_ROWS = 120
_SUBSET_ROWS = 50
#: A fit whose squared error at outcomes left out is more than this of their variance may have missed a mode;
#: the first up to so many rows, where modes are many and further ascents cheap.
_POOR_PREDICTION, _POOR_PREDICTION_OF_MORE = 0.02, 0.15
_SCARCE = 90
#: So many further starts of highest density climb together then, for so many evaluations; those that came
#: furthest are finished until so many have reached other modes, at most so many of them, and none that is as
#: near as this to where another began or ended. They go on to this share of what is negligible otherwise:
#: where the way leads over a saddle little is promised.
_TRIED, _TOGETHER, _OTHER_MODES, _FINISHED, _SAME_MODE, _PATIENCE = 12, 8, 2, 4, 0.2, 0.2
#: Whether a fit took noise for signal is asked of the same fit with scales longer by so many log units and
#: noise instead. Unless that is less likely by more than so many nats per row, the other mode is looked for.
#: It is given up where it lets go of the noise again (among few rows only if it is no better after so many
#: evaluations).
_LONGER = 1.0
_HOPELESS = 1.5
_TRIAL = 6

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

    def expand_all(self, thetas: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`expand` of each row of `thetas` (`r x p`), stacked."""

    def leave_one_out_error(self, theta: np.ndarray) -> float:
        """The mean squared error of predicting each outcome from the others, as a share of their variance."""

    def explained_by_noise(self, theta: np.ndarray, longer: float) -> np.ndarray | None:
        """`theta` with all scales but the shortest longer by so many log units, and noise for what they no
        longer explain; None where the noise is known, or no less than the data show."""


def maximize_posterior(
    likelihood: LogPosterior,
    subset: Callable[[np.ndarray], LogPosterior],
    *,
    initial: np.ndarray | None = None,
    seed: int = 0,
) -> Found:
    """The hyperparameters of the highest log posterior density.

    Args:
        likelihood: the objective on all rows.
        subset: gives the objective on some rows (an index array), used to start cheaply when rows are many.
        initial: the `theta` of an earlier fit on almost the same data (a warm start).
        seed: chooses the subset.

    Returns:
        `theta` and its log posterior density.
    """
    n = likelihood.n
    with blas_threads(n):
        if initial is None and n > _FEW_ROWS:
            initial = _fit_to_some(subset, np.arange(n), np.random.default_rng(seed))
        if initial is None:
            found = _climb(likelihood, likelihood.starts()[0])
        else:
            found = _climb(likelihood, np.clip(initial, *likelihood.bounds()), _SHORT_STEP)
        if n > _FEW_ROWS:
            return _unless_noise(likelihood, found)
        used = 1 if initial is None else 0
        if not likelihood.has_curvature:
            # L-BFGS stays in the quiet mode or in the noisy one, wherever it begins.
            found = _best_of(likelihood, found, likelihood.starts()[used : used + 1])
            used += 1
        if not _is_poor(likelihood, found):
            return _unless_noise(likelihood, found)
        noisier, further = _noisier(likelihood, found[0]), likelihood.starts()[used:]
        if len(noisier) and used < 2:
            further = np.delete(further, 1 - used, axis=0)  # the noisy start, of which that is the better one
        return _best_of(likelihood, found, np.concatenate([noisier, further, likelihood.rough_starts()]))


def _fit_to_some(
    subset: Callable[[np.ndarray], LogPosterior], rows: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """The best `theta` of a quarter of `rows`, itself begun from a quarter of them where they are many."""
    some = np.sort(generator.choice(rows, max(_SUBSET_ROWS, len(rows) // 4), replace=False))
    likelihood = subset(some)
    if len(some) > _FEW_ROWS:
        found = _climb(likelihood, _fit_to_some(subset, some, generator), _SHORT_STEP)
    else:
        found = _climb(likelihood, likelihood.starts()[0])
    if not likelihood.has_curvature:
        found = _best_of(likelihood, found, likelihood.starts()[1:2])
    return _unless_noise(likelihood, found)[0]


def climb_from(likelihood: LogDensity, starts: np.ndarray) -> Found:
    """The best of the ascents from all `starts` (`s x p`), for densities of several modes."""
    lower, upper = likelihood.bounds()
    with blas_threads(likelihood.n):
        return max((_climb(likelihood, start) for start in np.clip(starts, lower, upper)), key=_density)


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
            begun, reached = _climb(
                likelihood,
                noisier,
                evaluations=_TRIAL,
                proceed=lambda theta: likelihood.n <= _SCARCE or _is_noisy(likelihood, theta),
            )
            if reached > density or _is_noisy(likelihood, begun):
                return _best_of(likelihood, found, begun[None])
    return found


def _is_noisy(likelihood: LogPosterior, theta: np.ndarray) -> bool:
    """Whether it calls at least some of the error at outcomes left out noise."""
    return not len(_noisier(likelihood, theta))


def _noisier(likelihood: LogPosterior, theta: np.ndarray) -> np.ndarray:
    """Where the mode that calls more of the data noise is looked for: one start (`1 x p`) or none."""
    start = likelihood.explained_by_noise(theta, _LONGER) if likelihood.has_curvature else None
    return np.empty((0, len(theta))) if start is None else start[None]


def _best_of(likelihood: LogPosterior, found: Found, starts: np.ndarray) -> Found:
    """The best of a fit and of the ascents from `starts`, those finished only that lead somewhere else."""
    if not (likelihood.has_curvature and len(starts) > _OTHER_MODES):
        ends = [_climb(likelihood, start, patience=_PATIENCE) for start in starts]
        return max([found, *ends], key=_density)
    ends, begun = [found], _begin(likelihood, _most_promising(likelihood, starts))
    known, finished, others = [found[0]], 0, 0
    for start, _ in sorted(begun, key=_density, reverse=True):
        if _is_near(start, known):
            continue
        end = _climb(likelihood, start, patience=_PATIENCE)
        finished, others = finished + 1, others + (not _is_near(end[0], [theta for theta, _ in ends]))
        ends.append(end)
        known += [start, end[0]]
        if others == _OTHER_MODES or finished == _FINISHED:
            break
    return max(ends, key=_density)


def _is_near(theta: np.ndarray, others: list[np.ndarray]) -> bool:
    return any(np.abs(theta - other).max() <= _SAME_MODE for other in others)


def _most_promising(likelihood: LogPosterior, starts: np.ndarray) -> np.ndarray:
    """The starts of highest density."""
    if len(starts) <= _TRIED:
        return starts
    return starts[np.argsort([likelihood.value(start) for start in starts])[-_TRIED:]]


def _begin(likelihood: LogPosterior, starts: np.ndarray) -> list[Found]:
    """How far the ascents from `starts` (`s x p`) come in a few evaluations, all at once."""
    unit = likelihood.longest_step()

    def function(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        values, gradients, curvatures = likelihood.expand_all(points * unit)
        return values, gradients * unit, curvatures * -(unit[:, None] * unit)

    trial = maximize(
        function,
        starts / unit,
        *likelihood.bounds() / unit,
        least_gain=likelihood.negligible_promise,
        longest_step=1.0,
        max_iterations=_TOGETHER - 1,
    )
    return [(point * unit, float(value)) for point, value in zip(trial.x, trial.value, strict=True)]


def _density(found: Found) -> float:
    return found[1]


def _climb(
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
