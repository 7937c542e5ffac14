"""Symmetric Toeplitz matrices, those of a stationary covariance on an even series."""

from __future__ import annotations

import numpy as np
from numpy.fft import irfft, rfft
from scipy.fft import next_fast_len


def diagonal_sums(a: np.ndarray, column: np.ndarray) -> np.ndarray:
    r"""The sums over the diagonals of `a a^T`, and of the inverse of a symmetric Toeplitz matrix.

    .. math::
        T^{-1} = \frac1{x_0} \big(L(x) L(x)^T - L(z) L(z)^T\big), \qquad
        \sum_i (T^{-1})_{i, i+d} = \frac1{x_0} \sum_{m=0}^{n-1-d} (n - d - 2m)\, x_m x_{m+d}

    with the lower triangular Toeplitz matrices `L` of the first column :math:`x = T^{-1} e_1` and of
    :math:`z = (0, x_{n-1}, \dots, x_1)`: `n log n` operations, by Fourier transforms.

    Source: Gohberg and Semencul (1972), for the first; the second is the sum of its entries.

    Args:
        a: `n` numbers.
        column: the first column of the inverse.

    Returns:
        `2 x n` sums, of the main diagonals first.
    """
    n = len(column)
    place = np.arange(n)
    length = next_fast_len(2 * n - 1, real=True)
    spectra = rfft(np.array([a, place * column, column]), length)
    sums = irfft(spectra.conj() * spectra[[0, 2, 2]], length)[:, :n]
    sums[1] *= -2.0
    sums[1] += (n - place) * sums[2]
    sums[1] /= column[0]
    return sums[:2]
