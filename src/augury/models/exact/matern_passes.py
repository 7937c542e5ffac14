"""The Matern-5/2 covariance of many pairs of points, in few passes over one matrix."""

from __future__ import annotations

import numpy as np

from augury.numerics.exponential import exponentiate


def left_factor(scaled: np.ndarray) -> np.ndarray:
    """`[-2 z, |z|^2, 1]`: its product with the right factor is the squared distance, in one pass."""
    count, width = scaled.shape
    factor = np.empty((count, width + 2))
    np.multiply(scaled, -2.0, out=factor[:, :width])
    np.einsum("ij,ij->i", scaled, scaled, out=factor[:, width])
    factor[:, width + 1] = 1.0
    return factor


def right_factor(scaled: np.ndarray) -> np.ndarray:
    """`[z, 1, |z|^2]^T`."""
    count, width = scaled.shape
    factor = np.empty((width + 2, count))
    factor[:width] = scaled.T
    factor[width] = 1.0
    np.einsum("ij,ij->i", scaled, scaled, out=factor[width + 1])
    return factor


def exponential(squares: np.ndarray, distance: np.ndarray, out: np.ndarray) -> None:
    """Write `a` and `exp(-a)` from `a^2`, which is clipped at 0."""
    np.maximum(squares, 0.0, out=squares)
    np.sqrt(squares, out=distance)
    np.negative(distance, out=out)
    exponentiate(out)


def finish(squares: np.ndarray, distance: np.ndarray, exponential: np.ndarray) -> None:
    """Turn `a^2` into `(1 + a + a^2/3) e^{-a-h}` and `a` into `(1 + a) e^{-a-h}`, in place."""
    squares *= 1.0 / 3.0
    squares *= exponential
    distance += 1.0
    distance *= exponential
    squares += distance
