"""How far predicted costs are from true ones, a number a target.

Source: Hawks et al., "wa-hls4ml", arXiv 2511.05615 (2025).
"""

from __future__ import annotations

import numpy as np

from augury.errors import InvalidInputError

#: Added below the fraction in SMAPE: by the benchmark (and rule4ml), and by the public code of its models.
BENCHMARK_OFFSET = 1.0
MODEL_CODE_OFFSET = 1e-8


def r2(Y: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """`1 - sum (y - p)^2 / sum (y - mean y)^2`; NaN where a target never varies.

    Args:
        Y: `n x m` costs.
        predicted: `n x m`.

    Returns:
        `m` values, at most 1.

    Raises:
        InvalidInputError: no row, or shapes that do not agree (all metrics).
    """
    _check(Y, predicted)
    spread = ((Y - Y.mean(axis=0)) ** 2).sum(axis=0)
    missed = ((Y - predicted) ** 2).sum(axis=0)
    return 1.0 - np.divide(missed, spread, out=np.full(Y.shape[1], np.nan), where=spread > 0)


def rmse(Y: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """`sqrt(mean (y - p)^2)`, `m` values."""
    _check(Y, predicted)
    error: np.ndarray = np.sqrt(((Y - predicted) ** 2).mean(axis=0))
    return error


def smape(Y: np.ndarray, predicted: np.ndarray, offset: float = BENCHMARK_OFFSET) -> np.ndarray:
    """Symmetric mean absolute percentage error, `200 / n sum |y - p| / (|y| + |p| + offset)`.

    Args:
        Y: `n x m` costs.
        predicted: `n x m`.
        offset: `MODEL_CODE_OFFSET` charges 200 % for any prediction of a true 0 but 0 itself.

    Returns:
        `m` values from 0 to 200.
    """
    _check(Y, predicted)
    error: np.ndarray = 200.0 * (np.abs(Y - predicted) / (np.abs(Y) + np.abs(predicted) + offset)).mean(
        axis=0
    )
    return error


def percent_error_quartiles(Y: np.ndarray, predicted: np.ndarray, offset: float = 1e-8) -> np.ndarray:
    """Quartiles of `100 (p - y) / (y + offset)`.

    Returns:
        `3 x m`: the lower quartile, the median, the upper quartile. Targets that are 0 make them huge.
    """
    _check(Y, predicted)
    quartiles: np.ndarray = np.quantile(100.0 * (predicted - Y) / (Y + offset), (0.25, 0.5, 0.75), axis=0)
    return quartiles


def _check(Y: np.ndarray, predicted: np.ndarray) -> None:
    if Y.ndim != 2 or Y.shape != predicted.shape or len(Y) == 0:
        raise InvalidInputError(
            f"costs and predictions are n x m, at least one row; given {Y.shape} and {predicted.shape}"
        )
