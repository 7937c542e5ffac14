"""L-BFGS on a box for many small independent problems at once.

For problems of a few dozen variables the arithmetic of L-BFGS is nothing and the interpreter is all, so every
step below is one array operation over all rows. Rows never wait for each other: each iteration evaluates one
trial point of every row that has not converged, whether that row is at its first or fifth trial of a step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from augury.numerics.compact_hessian import CompactHessian

#: `(x: r x D, rows: r) -> (values: r, gradients: r x D)`
Objective = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

_SUFFICIENT_DECREASE = 1e-4
_FIRST_STEP = 0.1  # of the width of the box, in the steepest coordinate
_LONGEST_STEP = (
    0.3  # of the width of the box, in any coordinate; further away the quadratic model knows nothing
)
_MAX_TRIALS = 12  # of one step before the row's memory is dropped; with no memory left, the row gives up


@dataclass(frozen=True)
class Result:
    """What `minimize` found.

    Args:
        x: `R x D`, the best point of each row.
        value: `R`, its value.
        iterations: steps of all rows together (each evaluates every row still active once).
        evaluations: `R`, how often each row was evaluated.
        converged: `R`, whether the row met a tolerance (False: `max_iterations` or no step improved it).
    """

    x: np.ndarray
    value: np.ndarray
    iterations: int
    evaluations: np.ndarray
    converged: np.ndarray


def minimize(
    function: Objective,
    x0: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    *,
    max_iterations: int = 100,
    memory: int = 10,
    gradient_tolerance: float = 1e-6,
    value_tolerance: float = 1e-9,
    finalists: int | None = None,
    heats: int = 20,
) -> Result:
    """Minimise `R` independent functions over one box, all rows in every array operation.

    Each row runs a projected quasi-Newton method. With the variables held that sit on a bound and whose
    gradient points outward, the compact L-BFGS matrix `B = theta I - W^T M^-1 W` of the free ones is
    inverted by the Woodbury identity, the Newton step is cut to a share of the box and clipped to it, and
    the segment is searched backwards with quadratic interpolation until the Armijo condition holds. Where the
    curvature is not positive, the pairs are dropped and a longer step is taken. A trial whose value or
    gradient is not finite is a failed trial.

    Args:
        function: `(x: r x D, rows: r) -> (values: r, gradients: r x D)`; `rows` says to which of the `R`
            problems each row of `x` belongs. Rows that are done are not evaluated again.
        x0: `R x D` starting points; clipped to the box.
        lower: `D` or `R x D` lower bounds (`-inf` allowed).
        upper: `D` or `R x D` upper bounds (`inf` allowed); where both agree, the variable keeps that value
            exactly.
        max_iterations: evaluations of a row at most, the one at `x0` not counted.
        memory: number of curvature pairs kept per row.
        gradient_tolerance: a row is done when no free variable has a larger absolute gradient.
        value_tolerance: a row is done when a step improves by less than this times `max(1, |value|)`, or
            fails although by its slope it could not have improved by more.
        finalists: when the rows are restarts of one problem, only so many rows, those of lowest value (rows
            that are done among them), go on after `heats` iterations; None for all.
        heats: see `finalists`.

    Returns:
        The best point, value and effort of each row. A row whose start is not finite is returned as it is.

    Source:
        Byrd, Lu, Nocedal, Zhu, "A limited memory algorithm for bound constrained optimization", SIAM J. Sci.
        Comput. 16 (1995), eq. 3.2 and section 5.1 (direct primal method); Bertsekas, "Projected Newton
        methods", SIAM J. Control Optim. 20 (1982), for the choice of the free variables.
    """
    x = np.minimum(np.maximum(np.asarray(x0, dtype=np.float64), lower), upper)
    solver = _Rows(function, x, np.broadcast_to(lower, x.shape), np.broadcast_to(upper, x.shape), memory)
    iterations = 0
    while iterations < max_iterations and solver.propose(gradient_tolerance):
        solver.step(value_tolerance)
        iterations += 1
        if iterations == heats and finalists is not None:
            solver.keep_lowest(finalists)
    return solver.result(iterations)


class _Rows:
    """The state of all rows; the arrays named without `all_` hold the active rows only."""

    def __init__(
        self, function: Objective, x: np.ndarray, lower: np.ndarray, upper: np.ndarray, memory: int
    ) -> None:
        n_rows, dim = x.shape
        self.function, self.lower, self.upper = function, lower, upper
        width = upper - lower
        self.first_step = _FIRST_STEP * np.where(np.isfinite(width) & (width > 0.0), width, 10.0)
        self.longest_step = _LONGEST_STEP * np.where(width > 0.0, width, np.inf)
        self.rows = np.arange(n_rows)
        self.x = x
        self.f, self.g = function(x, self.rows)
        self.all_x, self.all_f = x.copy(), np.array(self.f, dtype=np.float64)
        self.all_evaluations = np.ones(n_rows, dtype=np.intp)
        self.all_converged = np.zeros(n_rows, dtype=bool)
        self.hessian = CompactHessian(n_rows, memory, dim)
        self.t = np.ones(n_rows)
        self.whole_steps = True  # no row has shortened its step
        self.trials = np.zeros(n_rows, dtype=np.intp)
        self._drop(~np.isfinite(self.f + self.g.sum(axis=1)))

    def propose(self, gradient_tolerance: float) -> bool:
        """Drop the rows whose projected gradient vanishes, aim the others. False when none is left."""
        held = np.where(self.g > 0, self.x <= self.lower, self.x >= self.upper)
        gradient = np.where(held, 0.0, self.g)
        size = np.abs(gradient)
        steepest = size.max(axis=1, initial=0.0)
        if (done := steepest <= gradient_tolerance).any():
            self.all_converged[self.rows[done]] = True
            held, gradient, size = held[~done], gradient[~done], size[~done]
            self._drop(done)
        if not len(self.rows):
            return False
        if self.hessian.unscaled:
            self.hessian.rescale((size / self.first_step).max(axis=1))
        self._aim(self.hessian.newton_step(gradient, held))
        if (lost := ~(self.slope < 0.0)).any():  # uphill after clipping, or not finite: use the gradient
            plain = gradient / self.hessian.theta[:, None]
            downhill = np.where(lost[:, None], plain, self.x - self.target)
            self._aim(downhill)
        return True

    def step(self, value_tolerance: float) -> None:
        """Evaluate every row at its trial point; each accepts it or shortens its step."""
        x = self.target
        if not self.whole_steps:
            t = self.t[:, None]
            # x + 1 * (target - x) may miss a bound by a rounding error; the weighted mean does not
            x = np.minimum(np.maximum((1.0 - t) * self.x + t * self.target, self.lower), self.upper)
        f, g = self.function(x, self.rows)
        self.all_evaluations[self.rows] += 1
        s, y = x - self.x, g - self.g
        curvature = np.vecdot(s, y)
        predicted = self.t * self.slope
        good = (f <= self.f + _SUFFICIENT_DECREASE * predicted) & np.isfinite(curvature + f)
        least = value_tolerance * np.maximum(1.0, np.abs(self.f))
        done = good & (self.f - f <= least)
        if good.all():
            self.hessian.store(s, y, curvature, self.g)
            self.x, self.f, self.g = x, f, g
            if not self.whole_steps:
                self.t.fill(1.0)
                self.trials.fill(0)
                self.whole_steps = True
        else:
            hopeless = ~good & (-predicted <= least)  # even the slope promises no more than rounding errors
            done |= self._shorten(~good, f, predicted) | hopeless
            accepted = np.flatnonzero(good)
            self.hessian.store(s, y, curvature, self.g, accepted)
            self.x[accepted], self.f[accepted], self.g[accepted] = x[accepted], f[accepted], g[accepted]
            self.t[accepted], self.trials[accepted] = 1.0, 0
            self.whole_steps = False
        if done.any():
            self.all_converged[self.rows[done]] = True
            self._drop(done)

    def keep_lowest(self, count: int) -> None:
        """Stop all rows but the `count` of lowest value, rows that are done among them."""
        values = self.all_f.copy()
        values[self.rows] = self.f
        self._drop(self.f > np.partition(values, min(count, len(values)) - 1)[:count].max())

    def result(self, iterations: int) -> Result:
        """The state of all rows, whether they are done or not."""
        self._drop(np.ones(len(self.rows), dtype=bool))
        return Result(self.all_x, self.all_f, iterations, self.all_evaluations, self.all_converged)

    def _aim(self, step: np.ndarray) -> None:
        """Set the target `x - step`, with the step cut to length and to the box, and the slope towards it."""
        excess = (np.abs(step) / self.longest_step).max(axis=1)
        step = step / np.maximum(excess, 1.0)[:, None]
        self.target = np.minimum(np.maximum(self.x - step, self.lower), self.upper)
        self.slope = np.vecdot(self.g, self.target - self.x)

    def _shorten(self, failed: np.ndarray, f: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """Shorten the steps of the failed rows by quadratic interpolation; returns the rows that give up."""
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            factor = -0.5 * predicted / (f - self.f - predicted)
        factor = np.where(np.isfinite(f), np.minimum(np.maximum(factor, 0.1), 0.5), 0.1)
        self.t = np.where(failed, self.t * factor, self.t)
        self.trials += failed
        if not (spent := self.trials >= _MAX_TRIALS).any():
            return spent
        has_memory = self.hessian.remembers()
        self.hessian.forget(spent)
        self.t[spent], self.trials[spent] = 1.0, 0
        return spent & ~has_memory

    def _drop(self, done: np.ndarray) -> None:
        """Write the state of the rows that are done where the result is read, and forget them."""
        if not done.any():
            return
        rows = self.rows[done]
        self.all_x[rows], self.all_f[rows] = self.x[done], self.f[done]
        keep = ~done
        for name in (
            "rows",
            "lower",
            "upper",
            "first_step",
            "longest_step",
            "x",
            "f",
            "g",
            "t",
            "trials",
        ):
            setattr(self, name, getattr(self, name)[keep])
        self.hessian.keep(keep)
