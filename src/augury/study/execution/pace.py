"""How fast evaluations end, and how fast others follow them."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

_REMEMBERED = 15
# Below this share of an evaluation, waiting for the next choice costs less than a choice that knows less.
_NEGLIGIBLE = 0.02


class Pace:
    """Says how many trials to choose ahead, so that no worker waits while the next one is chosen.

    With w workers, evaluations of s seconds, and g seconds from the end of one to the start of the next, some
    w g / s others end meanwhile; so many, rounded up, are chosen ahead. None while g is below 2 % of s: what
    is chosen ahead is chosen without the results that come in the meantime.
    """

    def __init__(self) -> None:
        self._ends: deque[float] = deque()
        self._gaps: deque[float] = deque(maxlen=_REMEMBERED)
        self._seconds: deque[float] = deque(maxlen=_REMEMBERED)

    def ended(self, now: float, seconds: float) -> None:
        """An evaluation of so many seconds has ended at this time."""
        self._ends.append(now)
        self._seconds.append(seconds)

    def followed(self, now: float) -> None:
        """A trial is started at this time, in the place of the one that ended first."""
        if self._ends:
            self._gaps.append(now - self._ends.popleft())

    def ahead(self, workers: int) -> int:
        """How many trials to have started beyond the number of workers."""
        if not self._gaps:
            return 0
        gap, seconds = median(self._gaps), median(self._seconds)
        if gap <= _NEGLIGIBLE * seconds:
            return 0
        return min(workers, math.ceil(workers * gap / seconds)) if seconds > 0 else workers
