"""The number of BLAS threads, set by the size of the matrices.

Below a few hundred rows the hand-over between threads costs more than it saves.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

#: From this many rows on, LAPACK's factorisations gain from a second thread.
_ROWS_WORTH_THREADS = 400


@cache
def _controller(pid: int) -> ThreadpoolController:
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
    """Run the block with one BLAS thread, as where threads of our own call BLAS."""
    with _controller(os.getpid()).limit(limits=1):
        yield
