"""What holds for all tests: one thread for each process, and the same examples in every run.

The matrices are small, and as many processes as cores run tests: with threads of their own they wait for each
other's turns, which takes several times as long as the work. So threads are limited before anything loads a
BLAS or an OpenMP library. Hypothesis draws the same examples each time and does not fail a test for being
slow on a busy machine; `pytest --hypothesis-profile=search` looks for new ones.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings

settings.register_profile("suite", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("suite")
