"""Points of low discrepancy in microseconds: a cached Sobol sequence under a random shift."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import ndtri

_MAX_SOBOL_DIM = 21_201
_SMALLEST = 1e-12


def quasi_uniform(count: int, dim: int, seed: int | np.random.Generator) -> np.ndarray:
    """`count x dim` points of low discrepancy in `[0, 1)`.

    A Sobol sequence, shifted modulo 1 by a random vector. Beyond the 21,201 dimensions for which Sobol
    directions are tabulated the numbers are independent.

    Args:
        count: number of points; a power of two is balanced best.
        dim: dimension of each.
        seed: of the shift; or the generator to go on with.

    Source: Cranley and Patterson, "Randomization of number theoretic methods for multiple integration",
    SIAM J. Numer. Anal. 13 (1976).
    """
    rng = np.random.default_rng(seed)
    if count == 0 or not 0 < dim <= _MAX_SOBOL_DIM:
        return rng.random((count, dim))
    points = _sobol(count, dim) + rng.random(dim)
    points -= points >= 1.0
    return points


def quasi_normal(count: int, dim: int, seed: int) -> np.ndarray:
    """`count x dim` standard normal numbers of low discrepancy, from `quasi_uniform` by inversion."""
    uniform = quasi_uniform(count, dim, seed)
    return ndtri(np.minimum(np.maximum(uniform, _SMALLEST), 1.0 - _SMALLEST))


@lru_cache(maxsize=64)
def _sobol(count: int, dim: int) -> np.ndarray:
    from torch import float64
    from torch.quasirandom import SobolEngine

    engine = SobolEngine(dim, scramble=False)
    points: np.ndarray = engine.draw(count, dtype=float64).numpy()
    points.setflags(write=False)
    return points
