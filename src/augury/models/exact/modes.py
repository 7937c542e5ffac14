"""The highest of many modes: promising starts climb together for a while, few of them to the end."""

from __future__ import annotations

import numpy as np

from augury.models.exact.ascent import Found, LogPosterior, climb, density_of
from augury.numerics.box_newton import maximize

#: So many starts of highest density climb together, for so many evaluations. Fewer from an earlier fit with
#: so many hyperparameters: evaluations cost more then, and they find as much over a study (504 fits), though
#: one of 90 fits from nothing lost 0.39 nat.
_TRIED, _TRIED_AGAIN, _MANY = 12, 5, 8
#: Those that came furthest are finished until so many have reached other modes, at most so many of them, and
#: none that is as near as this to where another began or ended. They go on to this share of what is
#: negligible otherwise: where the way leads over a saddle little is promised.
_TOGETHER, _OTHER_MODES, _FINISHED, _SAME_MODE, _PATIENCE = 8, 2, 4, 0.2, 0.2


def best_of(likelihood: LogPosterior, found: Found, starts: np.ndarray, *, again: bool = False) -> Found:
    """The best of a fit and of the ascents from `starts`, those finished only that lead somewhere else.

    `again`: the fit began from an earlier one, for which modes were looked for as well.
    """
    if not (likelihood.has_curvature and len(starts) > _OTHER_MODES):
        ends = [climb(likelihood, start, patience=_PATIENCE) for start in starts]
        return max([found, *ends], key=density_of)
    ends, begun = [found], _begin(likelihood, _most_promising(likelihood, starts, again))
    known, finished, others = [found[0]], 0, 0
    for start, _ in sorted(begun, key=density_of, reverse=True):
        if _is_near(start, known):
            continue
        end = climb(likelihood, start, patience=_PATIENCE)
        finished, others = finished + 1, others + (not _is_near(end[0], [theta for theta, _ in ends]))
        ends.append(end)
        known += [start, end[0]]
        if others == _OTHER_MODES or finished == _FINISHED:
            break
    return max(ends, key=density_of)


def _is_near(theta: np.ndarray, others: list[np.ndarray]) -> bool:
    return any(np.abs(theta - other).max() <= _SAME_MODE for other in others)


def _most_promising(likelihood: LogPosterior, starts: np.ndarray, again: bool) -> np.ndarray:
    """The starts of highest density."""
    tried = _TRIED_AGAIN if again and starts.shape[1] >= _MANY else _TRIED
    if len(starts) <= tried:
        return starts
    return starts[np.argsort(likelihood.values(starts))[-tried:]]


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
