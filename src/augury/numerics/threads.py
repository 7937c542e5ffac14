"""The number of BLAS threads, set by the size of the matrices.

Below a few hundred rows the hand-over between threads costs more than it saves.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

from threadpoolctl import ThreadpoolController

#: From this many rows on, LAPACK's factorisations gain from a second thread.
_ROWS_WORTH_THREADS = 400


class _SingleThreaded:
    """One thread for linear algebra as long as any Python thread of this process asks for it.

    The limit of BLAS is one number per process, so its users are counted: if each block restored what it
    found, two blocks that overlap in time could leave the limit behind for good. That of OpenMP belongs to the
    calling thread.
    """

    def __init__(self) -> None:
        self._controller = ThreadpoolController()
        self._lock = Lock()
        self._users = 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if self._users == 0:
                self._blas = self._controller.limit(limits=1, user_api="blas")
            self._users += 1
        try:
            with self._controller.limit(limits=1, user_api="openmp"):
                yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    self._blas.restore_original_limits()


@cache
def _single_threaded(pid: int) -> _SingleThreaded:
    """One for each process: a forked one must inherit neither the lock nor the count."""
    return _SingleThreaded()


@contextmanager
def blas_threads(rows: int) -> Iterator[None]:
    """Run the block with one BLAS thread when its matrices have few `rows`, else with those set by the user.

    Args:
        rows: rows of the largest dense matrix that is factorised inside.
    """
    if rows >= _ROWS_WORTH_THREADS:
        yield
        return
    with _single_threaded(os.getpid())():
        yield
