"""The number of BLAS threads, set by the size of the matrices.

Below a few hundred rows the hand-over between threads costs more than it saves.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

#: From this many rows on, LAPACK's factorisations gain from a second thread.
_ROWS_WORTH_THREADS = 400


#: Packages that bring a BLAS or OpenMP library of their own.
_PACKAGES = ("numpy", "scipy.linalg", "sklearn", "torch")


_inside = threading.local()


def _controller() -> ThreadpoolController:
    """Of the thread pools of this process, found anew when a package has brought another one."""
    return _find(os.getpid(), tuple(package in sys.modules for package in _PACKAGES))


@cache
def _find(pid: int, loaded: tuple[bool, ...]) -> ThreadpoolController:
    return ThreadpoolController()


@contextmanager
def blas_threads(rows: int) -> Iterator[None]:
    """Run the block with one BLAS thread when its matrices have few `rows`, else with those set by the user.

    Args:
        rows: rows of the largest dense matrix that is factorised inside.
    """
    if rows >= _ROWS_WORTH_THREADS:
        yield
        return
    with single_blas_thread():
        yield


@contextmanager
def single_blas_thread() -> Iterator[None]:
    """Run the block with one BLAS thread, as where threads of our own call BLAS.

    A block inside another one of the same thread changes nothing.
    """
    if getattr(_inside, "single", False):
        yield
        return
    counted = [(pool, pool.get_num_threads()) for pool in _controller().lib_controllers]
    limited = [(pool, count) for pool, count in counted if count != 1]
    for pool, _ in limited:
        pool.set_num_threads(1)
    _inside.single = True
    try:
        yield
    finally:
        _inside.single = False
        for pool, count in limited:
            pool.set_num_threads(count)
