"""One thread for each process of the tests, set before anything loads a BLAS or an OpenMP library.

The matrices are small, and as many processes as cores run tests: with threads of their own they wait for each
other's turns, which takes several times as long as the work.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
