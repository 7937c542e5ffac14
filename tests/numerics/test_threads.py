"""The limit of BLAS threads holds inside the block and is gone after it."""

from __future__ import annotations

import subprocess
import sys

import pytest
import scipy.linalg  # noqa: F401 - its BLAS must be loaded to be limited
from threadpoolctl import threadpool_info, threadpool_limits

from augury.numerics.threads import blas_threads


def limits():
    """The threads of each library that is built for more than one (CVXPY brings one that is not)."""
    libraries = [info for info in threadpool_info() if info.get("threading_layer") != "disabled"]
    return {info["filepath"]: info["num_threads"] for info in libraries}


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2):
        yield


def test_few_rows_run_on_one_thread():
    before = limits()
    assert set(before.values()) == {2}
    with blas_threads(10):
        assert set(limits().values()) == {1}
    assert limits() == before


def test_many_rows_keep_the_users_setting():
    with blas_threads(100_000):
        assert set(limits().values()) == {2}


def test_blocks_may_nest_and_fail():
    before = limits()
    with pytest.raises(ZeroDivisionError), blas_threads(10), blas_threads(10):
        raise ZeroDivisionError
    assert limits() == before


def test_a_library_that_is_loaded_later_is_limited_too():
    code = """
import augury.numerics.threads as threads
with threads.blas_threads(10):
    pass
import scipy.linalg, sklearn.cluster
from threadpoolctl import threadpool_info, threadpool_limits
with threadpool_limits(2), threads.blas_threads(10):
    print({info["num_threads"] for info in threadpool_info()})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{1}"
