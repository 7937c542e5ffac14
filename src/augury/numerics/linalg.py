"""Dense positive-definite linear algebra on float64 LAPACK, in place and without a graph.

Matrices are Fortran-ordered: LAPACK then works in the caller's buffer and nothing is copied.
"""

from __future__ import annotations

from functools import lru_cache
from math import isfinite

import numpy as np
from scipy.linalg import blas, lapack

_FIRST_JITTER = 1e-8
_LAST_JITTER = 1e-1


def cholesky_in_place(K: np.ndarray) -> float:
    """Replace the lower triangle of `K` by its Cholesky factor L, `K + jitter I = L L^T`.

    The strict upper triangle keeps the entries of `K`. Jitter, relative to the mean of the diagonal, is
    added only when the factorisation fails, and grows tenfold until it succeeds.

    Args:
        K: `n x n`, symmetric, Fortran-ordered.

    Returns:
        The jitter that was added to the diagonal (0 when none was needed).

    Raises:
        FloatingPointError: `K` has entries that are not finite, or is far from positive definite.
    """
    n = len(K)
    diagonal = K.diagonal().copy()
    jitter = 0.0
    relative = _FIRST_JITTER
    while not _factorised(K):
        scale = float(diagonal.mean())
        if relative > _LAST_JITTER or not isfinite(scale):
            raise FloatingPointError(f"the {n} x {n} covariance matrix is not positive definite")
        jitter = relative * scale
        lower = np.tril_indices(n, -1)
        K[lower] = K.T[lower]
        np.fill_diagonal(K, diagonal + jitter)
        relative *= 10.0
    return jitter


def _factorised(K: np.ndarray) -> bool:
    """Try to factorise in place. LAPACK may not notice an entry that is not finite; the diagonal shows it."""
    _, info = lapack.dpotrf(K, lower=1, clean=0, overwrite_a=1)
    return info == 0 and isfinite(K.trace())


def solve_with_factor(L: np.ndarray, B: np.ndarray) -> np.ndarray:
    """`(L L^T)^{-1} B` for the lower factor `L` (`n x n`) and `B` (`n x k`)."""
    solution, _ = lapack.dpotrs(L, B, lower=1)
    return solution


def inverse_in_place(L: np.ndarray) -> None:
    """Replace the lower factor `L` by the lower triangle of `(L L^T)^{-1}`; the upper one is kept."""
    lapack.dpotri(L, lower=1, overwrite_c=1)


def symmetric_inverse(L: np.ndarray) -> np.ndarray:
    """`(L L^T)^{-1}`, both triangles; the buffer of `L` (Fortran-ordered) is used up."""
    inverse_in_place(L)
    return np.where(_lower_triangle(len(L)), L, L.T)


def inverse_factor(L: np.ndarray) -> np.ndarray:
    """`L^{-1}` as a clean lower-triangular matrix; the buffer of `L` (Fortran-ordered) is used up."""
    inverse, _ = lapack.dtrtri(L, lower=1, overwrite_c=1)
    return np.where(_lower_triangle(len(L)), inverse, 0.0)


@lru_cache(maxsize=8)
def _lower_triangle(n: int) -> np.ndarray:
    """The mask of `np.tril`, which makes it anew each time."""
    mask = np.tri(n, dtype=bool)
    mask.setflags(write=False)
    return mask


def pivoted_root(K: np.ndarray, tolerance: float) -> np.ndarray:
    """`n x r` with `K` as its outer product, by Cholesky's method with pivots.

    Args:
        K: `n x n`, symmetric, positive semi-definite, not 0.
        tolerance: the largest entry that may be left of the diagonal.
    """
    factor, pivots, rank, _ = lapack.dpstrf(K, tol=tolerance, lower=1)
    root = np.empty((len(K), rank))
    root[pivots - 1] = np.tril(factor)[:, :rank]
    return root


def symmetric_product(S: np.ndarray, B: np.ndarray, *, lower: bool = True) -> np.ndarray:
    """`S B` for a symmetric `S` of which only the lower (or the upper) triangle is read."""
    return blas.dsymm(1.0, S, B, side=0, lower=int(lower))
