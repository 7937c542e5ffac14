"""The upper envelope of lines: which of them is the highest, and where each gives way to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Slopes closer than this share of the largest are one slope; the higher line of the two is kept.
_PARALLEL = 1e-12
#: Breakpoints farther out count as this far: their square must be finite.
_FARTHEST = 1e100
#: Envelopes of more lines are found by a stack.
_LONGEST_MARCH = 24


@dataclass(frozen=True)
class UpperEnvelope:
    """The lines that are the highest somewhere, in `N` independent problems of at most `w` such lines.

    Args:
        lines: `N x w` their indices by rising slope; what is beyond a problem's last line repeats nothing of
            meaning.
        breaks: `N x (w - 1)` where each gives way to the next, 0 where there is no next.
        rise: `N x (w - 1)` by how much the slope rises there, 1 where there is no next.
        present: `N x (w - 1)` whether there is a next.
    """

    lines: np.ndarray
    breaks: np.ndarray
    rise: np.ndarray
    present: np.ndarray

    @classmethod
    def of(cls, a: np.ndarray, b: np.ndarray) -> UpperEnvelope:
        """The envelope of `N x k` lines: by a march along it, or where it has many lines, by a stack."""
        march = _march(a, b)
        unfinished = np.flatnonzero(march.unfinished)
        if not len(unfinished):
            return cls._of(b, march)
        if len(unfinished) == len(a):
            return cls._of(b, _stack(a, b))
        rest = _stack(a[unfinished], b[unfinished])
        march = march.widened(rest.lines.shape[1])
        march.lines[unfinished], march.starts[unfinished] = rest.lines, rest.starts
        march.top[unfinished] = rest.top
        return cls._of(b, march)

    @classmethod
    def _of(cls, b: np.ndarray, found: _Found) -> UpperEnvelope:
        width = int(found.top.max(initial=0)) + 1
        lines = found.lines[:, :width]
        present = np.arange(1, width) <= found.top[:, None]
        slopes = np.take_along_axis(b, lines, axis=1)
        breaks = np.where(present, np.clip(found.starts[:, 1:width], -_FARTHEST, _FARTHEST), 0.0)
        rises = np.where(present, slopes[:, 1:] - slopes[:, :-1], 1.0)
        return cls(lines, breaks, rises, present)

    def scatter(self, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """`N x w` values of the lines of the envelope at their places among all lines, 0 elsewhere."""
        result = np.zeros(shape)
        kept = np.concatenate([np.ones((len(values), 1), dtype=bool), self.present], axis=1)
        rows, columns = np.nonzero(kept)
        result[rows, self.lines[rows, columns]] = values[rows, columns]
        return result


@dataclass(frozen=True)
class _Found:
    """Envelopes while they are built.

    Args:
        lines: `N x w` indices of their lines by rising slope.
        starts: `N x w` where each line becomes the highest.
        top: `N` position of the last line.
        unfinished: `N`, whether lines are missing.
    """

    lines: np.ndarray
    starts: np.ndarray
    top: np.ndarray
    unfinished: np.ndarray

    def widened(self, width: int) -> _Found:
        """With room for at least so many lines, and for exactly so many where there was less."""
        missing = max(0, width - self.lines.shape[1])
        lines = np.pad(self.lines, ((0, 0), (0, missing)))
        return _Found(lines, np.pad(self.starts, ((0, 0), (0, missing))), self.top, self.unfinished)


def _march(a: np.ndarray, b: np.ndarray) -> _Found:
    """From the line of the least slope on, each time to the line that is crossed first.

    A step looks at all lines of all problems at once, so that it is quick where the envelopes are short, as
    those of posterior means are; after `_LONGEST_MARCH` steps it gives up.
    """
    count, k = a.shape
    width = min(k, _LONGEST_MARCH + 1)
    lines, starts = np.zeros((count, width), dtype=np.intp), np.full((count, width), -np.inf)
    top, tolerance = np.zeros(count, dtype=np.intp), _PARALLEL * np.abs(b).max(axis=1)
    flattest = b <= (b.min(axis=1) + tolerance)[:, None]
    lines[:, 0] = np.where(flattest, a, -np.inf).argmax(axis=1)
    rows, last = np.arange(count), lines[:, 0]
    for step in range(1, width):
        index = np.arange(len(rows))
        rise = b - b[index, last][:, None]
        steeper = rise > tolerance[rows][:, None]
        goes_on = steeper.any(axis=1)
        if not goes_on.all():
            rows, a, b, last = rows[goes_on], a[goes_on], b[goes_on], last[goes_on]
            if not len(rows):
                break
            rise, steeper, index = rise[goes_on], steeper[goes_on], np.arange(len(rows))
        np.copyto(rise, 1.0, where=~steeper)
        crossing = (a[index, last][:, None] - a) / rise
        np.copyto(crossing, np.inf, where=~steeper)
        first = crossing.min(axis=1)
        # of lines that are crossed at once, the steepest
        last = np.where(crossing == first[:, None], b, -np.inf).argmax(axis=1)
        lines[rows, step] = last
        starts[rows, step] = np.maximum(first, starts[rows, step - 1])
        top[rows] = step
    unfinished = np.zeros(count, dtype=bool)
    if len(rows):
        unfinished[rows] = (b > (b[np.arange(len(rows)), last] + tolerance[rows])[:, None]).any(axis=1)
    return _Found(lines, starts, top, unfinished)


def _stack(a: np.ndarray, b: np.ndarray) -> _Found:
    """The lines by rising slope onto a stack; a line pops those that it hides.

    All problems go in lock-step, each at its own line, so that there are at most `2 k` steps, however long
    the envelopes.
    """
    count, k = a.shape
    order = np.argsort(b, axis=1, kind="stable")
    a, b = np.take_along_axis(a, order, axis=1), np.take_along_axis(b, order, axis=1)
    tolerance = _PARALLEL * np.abs(b).max(axis=1)
    stack, starts = np.zeros((count, k), dtype=np.intp), np.full((count, k), -np.inf)
    top, following = np.zeros(count, dtype=np.intp), np.ones(count, dtype=np.intp)
    while len(rows := np.flatnonzero(following < k)):
        at, new = top[rows], following[rows]
        below = stack[rows, at]
        rise = b[rows, new] - b[rows, below]
        drop = a[rows, below] - a[rows, new]
        parallel = rise <= tolerance[rows]
        start = drop / np.where(parallel, 1.0, rise)
        hides = np.where(parallel, drop <= 0.0, start <= starts[rows, at])
        pops = hides & (at > 0)
        enters = np.where(hides, at == 0, ~parallel)
        # a line that hides the only one there is takes its place
        place = at + ~hides
        entering = rows[enters]
        stack[entering, place[enters]] = new[enters]
        starts[entering, place[enters]] = np.where(hides, -np.inf, start)[enters]
        top[rows] = np.where(enters, place, at - pops)
        following[rows] += ~pops
    return _Found(np.take_along_axis(order, stack, axis=1), starts, top, np.zeros(count, dtype=bool))
