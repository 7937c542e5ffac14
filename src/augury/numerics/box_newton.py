"""Newton's method on a box for many small independent problems at once, from exact second derivatives.

Where these are cheap, a climb takes five steps instead of the ten to twenty of a quasi-Newton method. As in
`augury.numerics.lbfgs`, every operation is one over all rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from augury.numerics.lbfgs import Result

#: `(x: r x D) -> (values: r, gradients: r x D, Hessians: r x D x D)`
Expand = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]

_SUFFICIENT_INCREASE = 1e-4
_SHORTEST_CUT, _LONGEST_CUT = 0.1, 0.5  # of a step that did not lead up
_TINY = 1e-300


def maximize(
    function: Expand,
    x0: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    *,
    least_gain: float,
    longest_step: float,
    max_iterations: int = 60,
    finalists: int | None = None,
    heats: int = 2,
) -> Result:
    """Maximise `R` functions over one box, saddles or not, all rows in every array operation.

    Along each eigenvector of the Hessian of the variables that no bound holds, a row goes as far as the
    absolute curvature says, and no further than `longest_step`: up to the top where the function is concave,
    away from saddles and valleys elsewhere. The step is clipped to the box; where that leaves nothing of it,
    the gradient is followed. A step that does not lead up is shortened by quadratic interpolation.

    Args:
        function: to second order at given points. Rows that are done are not evaluated again.
        x0: `R x D` starting points; clipped to the box.
        lower: `D` or `R x D` lower bounds.
        upper: `D` or `R x D` upper bounds; where both agree, the variable keeps that value exactly.
        least_gain: a row is done when its model promises less than this times `max(1, |value|)`.
        longest_step: along each eigenvector.
        max_iterations: evaluations of a row at most, the one at `x0` not counted.
        finalists: when the rows are restarts of one problem, only so many rows, those of highest value (rows
            that are done among them), go on after `heats` iterations; None for all.
        heats: see `finalists`.

    Returns:
        The best point, value and effort of each row. A row whose start is not finite is returned as it is.

    Source: Nocedal and Wright, "Numerical optimization" (2006), section 3.4; Dauphin et al., "Identifying and
    attacking the saddle point problem in high-dimensional non-convex optimization", NeurIPS 2014, for the
    absolute curvature; Bertsekas, "Projected Newton methods", SIAM J. Control Optim. 20 (1982), for the
    choice of the free variables.
    """
    x = np.minimum(np.maximum(np.asarray(x0, dtype=np.float64), lower), upper)
    rows = _Rows(function, x, lower, upper, longest_step)
    iterations = 0
    while iterations < max_iterations and rows.aim(least_gain):
        if finalists is not None and iterations >= heats and not rows.drop_hopeless():
            break
        rows.step()
        iterations += 1
        if iterations == heats and finalists is not None:
            rows.keep_highest(finalists)
    return rows.result(iterations)


class _Rows:
    """The state of all rows; the arrays named without `all_` hold the active rows only."""

    def __init__(
        self, function: Expand, x: np.ndarray, lower: np.ndarray, upper: np.ndarray, longest_step: float
    ) -> None:
        self.function, self.longest_step = function, longest_step
        self.rows = np.arange(len(x))
        self.x, self.lower, self.upper = x, np.empty(x.shape), np.empty(x.shape)
        self.lower[...], self.upper[...] = lower, upper
        self.f, self.g, self.H = function(x)
        self.share = np.ones(len(x))  # of the step that is tried next
        self.whole_steps = True  # no row has shortened its step
        self.target, self.slope = x, np.zeros(len(x))
        self.all_x, self.all_f = x.copy(), np.array(self.f, dtype=np.float64)
        self.evaluations = 1  # of each active row
        self.all_evaluations = np.ones(len(x), dtype=np.intp)
        self.all_converged = np.zeros(len(x), dtype=bool)
        self._drop(~_is_finite(self.f, self.g, self.H))

    def aim(self, least_gain: float) -> bool:
        """Choose the trial point of each row; drop those whose promise is small. False when none is left."""
        if not len(self.rows):
            return False
        least = least_gain * np.maximum(1.0, np.abs(self.f))
        held = np.where(self.g < 0.0, self.x <= self.lower, self.x >= self.upper)
        ahead = self.x + _step(self.g, self.H, held, self.longest_step)
        self.target = np.minimum(np.maximum(ahead, self.lower), self.upper)
        cut = (self.target != ahead).any(axis=1)
        if not self.whole_steps:
            self.target = self.x + self.share[:, None] * (self.target - self.x)
        self.slope = np.vecdot(self.g, self.target - self.x)
        done = 0.5 * self.slope <= least
        if (lost := done & cut).any():
            self._follow_gradient(lost, held)
            done = 0.5 * self.slope <= least
        if done.any():
            self.all_converged[self.rows[done]] = True
            self._drop(done)
        return len(self.rows) > 0

    def _follow_gradient(self, rows: np.ndarray, held: np.ndarray) -> None:
        """Aim these rows (a mask), of whose Newton step the box leaves nothing, along the gradient."""
        uphill = np.where(held, 0.0, self.g)[rows]
        bend = np.abs(np.vecdot(uphill, (self.H[rows] @ uphill[:, :, None])[:, :, 0]))
        length = np.vecdot(uphill, uphill) / np.maximum(bend, _TINY)
        length = np.minimum(length, self.longest_step / np.maximum(np.abs(uphill).max(axis=1), _TINY))
        ahead = self.x[rows] + (self.share[rows] * length)[:, None] * uphill
        self.target[rows] = np.minimum(np.maximum(ahead, self.lower[rows]), self.upper[rows])
        self.slope = np.vecdot(self.g, self.target - self.x)

    def step(self) -> None:
        """Evaluate every row at its trial point; each accepts it or shortens its step."""
        f, g, H = self.function(self.target)
        self.evaluations += 1
        good = (f >= self.f + _SUFFICIENT_INCREASE * self.slope) & _is_finite(f, g, H)
        self.whole_steps = bool(good.all())
        if self.whole_steps:
            self.x, self.f, self.g, self.H = self.target, f, g, H
            self.share.fill(1.0)
            return
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            cut = 0.5 * self.slope / (self.slope + self.f - f)
        cut = np.where(
            np.isfinite(cut), np.minimum(np.maximum(cut, _SHORTEST_CUT), _LONGEST_CUT), _SHORTEST_CUT
        )
        self.share = np.where(good, 1.0, self.share * cut)
        self.x, self.f = np.where(good[:, None], self.target, self.x), np.where(good, f, self.f)
        self.g, self.H = np.where(good[:, None], g, self.g), np.where(good[:, None, None], H, self.H)

    def keep_highest(self, count: int) -> None:
        """Stop all rows but the `count` of highest value, rows that are done among them."""
        values = self.all_f.copy()
        values[self.rows] = self.f
        self._drop(self.f < np.partition(values, max(len(values) - count, 0))[-count:].min())

    def drop_hopeless(self) -> bool:
        """Stop the rows that are too far behind the highest one. False when none is left."""
        if self.whole_steps:
            highest = max(self.all_f.max(), self.f.max())
            self._drop(self.f + self.slope < highest)  # twice what a concave model promises
        return len(self.rows) > 0

    def result(self, iterations: int) -> Result:
        """The state of all rows, whether they are done or not."""
        self._record(self.rows, self.x, self.f)
        return Result(self.all_x, self.all_f, iterations, self.all_evaluations, self.all_converged)

    def _record(self, rows: np.ndarray, x: np.ndarray, f: np.ndarray) -> None:
        self.all_x[rows], self.all_f[rows], self.all_evaluations[rows] = x, f, self.evaluations

    def _drop(self, done: np.ndarray) -> None:
        """Write the state of the rows that are done where the result is read, and forget them."""
        if not done.any():
            return
        self._record(self.rows[done], self.x[done], self.f[done])
        keep = ~done
        for name in ("rows", "lower", "upper", "x", "f", "g", "H", "share", "target", "slope"):
            setattr(self, name, getattr(self, name)[keep])


def _step(gradient: np.ndarray, hessian: np.ndarray, held: np.ndarray, longest: float) -> np.ndarray:
    """`|H|^-1 g` in the variables that are not held, each eigenvector's part cut to length."""
    if some_held := bool(held.any()):
        gradient = np.where(held, 0.0, gradient)
        hessian = np.where(held[:, :, None] | held[:, None, :], 0.0, hessian)
        np.einsum("iaa->ia", hessian)[...] += held  # else what is held has part in rounding errors over 0
    curvature, axes = np.linalg.eigh(hessian)
    along = (gradient[:, None, :] @ axes)[:, 0]
    along /= np.abs(curvature) + _TINY
    along = np.minimum(np.maximum(along, -longest), longest)
    step: np.ndarray = (axes @ along[:, :, None])[:, :, 0]
    return np.where(held, 0.0, step) if some_held else step


def _is_finite(f: np.ndarray, g: np.ndarray, H: np.ndarray) -> np.ndarray:
    """Mask of the rows of which all is finite."""
    finite: np.ndarray = np.isfinite(f + g.sum(axis=1) + H.sum(axis=(1, 2)))
    return finite
