"""Symmetric Toeplitz matrices, those of a stationary covariance on an even series."""

from __future__ import annotations

import numpy as np
from numpy.fft import irfft, rfft
from scipy.fft import next_fast_len

#: Up to so many numbers, sums of products are quicker as they stand than by Fourier transforms.
_DIRECT = 256


def symmetric_toeplitz(column: np.ndarray) -> np.ndarray:
    """The `n x n` matrix of a first column: a view of `2n - 1` numbers, not to be written to."""
    both = np.concatenate([column[:0:-1], column])
    n, size = len(column), both.itemsize
    return np.ndarray((n, n), both.dtype, both, offset=(n - 1) * size, strides=(-size, size))


def distance_sums(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    r"""The sums :math:`\sum_{|i - j| = d} u_i v_j` for `d` from 0 to `n - 1`, of `n` numbers each."""
    n = len(u)
    if n <= _DIRECT:
        both = np.correlate(u, v, "full")
        sums: np.ndarray = both[n - 1 :] + both[n - 1 :: -1]
    else:
        length = next_fast_len(2 * n - 1, real=True)
        spectrum = rfft(u, length).conj() * rfft(v, length)
        sums = 2.0 * irfft(spectrum.real, length)[:n]
    sums[0] *= 0.5
    return sums


def inverse_distance_sums(column: np.ndarray) -> np.ndarray:
    r"""The same sums of the entries of the inverse of a symmetric Toeplitz matrix `T`.

    .. math::
        T^{-1} = \frac1{x_0} \big(L(x) L(x)^T - L(z) L(z)^T\big), \qquad
        \sum_{|i - j| = d} (T^{-1})_{ij} = \frac1{x_0} \sum_{|i - j| = d} (n - 2i)\, x_i x_j

    with the lower triangular Toeplitz matrices `L` of the first column :math:`x = T^{-1} e_1` (its indices
    begin at 0) and of :math:`z = (0, x_{n-1}, \dots, x_1)`.

    Source: Gohberg and Semencul (1972), for the first; the second is the sum of its entries.

    Args:
        column: the `n` numbers `x`.
    """
    n = len(column)
    return distance_sums((n - 2.0 * np.arange(n)) / column[0] * column, column)
