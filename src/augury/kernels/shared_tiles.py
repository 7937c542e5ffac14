"""The work on tiles shared among threads, as each becomes free; sums in one order all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar, final

from augury.numerics.threads import single_blas_thread

T = TypeVar("T")


def share(work: Callable[[Iterable[T]], None], tiles: Sequence[T], threads: int) -> None:
    """Call `work` in each of the threads with one iterator of `tiles`, so that each tile is done once.

    A thread takes its next tile when it is done with one: another program's thread on the same core (OpenMP
    keeps its own spinning for some milliseconds after they have worked) delays the others by no more than one
    tile. NumPy computes without the interpreter's lock.

    Args:
        work: takes tiles from an iterator until there are none.
        tiles: all of them.
        threads: how many, this one among them.
    """
    remaining = iter(tiles)
    if threads == 1 and len(tiles) == 1:
        work(remaining)
        return
    with single_blas_thread():  # threads of BLAS would be in the way of these
        if threads == 1:
            work(remaining)
            return
        with ThreadPoolExecutor(threads - 1) as executor:
            others = [executor.submit(work, remaining) for _ in range(threads - 1)]
            work(remaining)
            for other in others:
                other.result()


@final
class InOrder(Generic[T]):
    """Takes the results of tiles, from any thread, in the order of the tiles: sums round the same each time.

    Args:
        take: called with each result, one at a time.
    """

    def __init__(self, take: Callable[[T], None]) -> None:
        self._take = take
        self._lock = Lock()
        self._next = 0
        self._waiting: dict[int, T] = {}

    def add(self, place: int, result: T) -> None:
        """Hand over the result of the tile at `place` (0, 1, ...)."""
        with self._lock:
            self._waiting[place] = result
            while self._next in self._waiting:
                self._take(self._waiting.pop(self._next))
                self._next += 1
