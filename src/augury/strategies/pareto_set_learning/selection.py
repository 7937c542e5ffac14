"""The candidates that together add most to the hypervolume."""

from __future__ import annotations

import numpy as np

from augury.acquisition.front_cells import open_boxes
from augury.space.pareto import non_dominated

_BLOCK_ENTRIES = 1 << 22  # (candidate, cell) pairs at once


def hypervolume_gains(values: np.ndarray, front: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """How much hypervolume each row of `values` (`N x k`) adds by itself to that of `front` (`n x k`).

    Args:
        values: larger is better.
        front: need not be one; dominated rows are left out.
        reference: `k`, the reference point.
    """
    lower, upper = open_boxes(front, reference)
    gains = np.zeros(len(values))
    block = max(1, _BLOCK_ENTRIES // len(lower))
    for start in range(0, len(values), block):
        part = values[start : start + block, None, :]
        sides = np.maximum(np.minimum(part, upper) - lower, 0.0)
        gains[start : start + block] = sides.prod(axis=-1).sum(axis=1)
    return gains


def select(
    values: np.ndarray, front: np.ndarray, reference: np.ndarray, n: int, *, allowed: np.ndarray
) -> np.ndarray:
    """Up to n rows (indices) chosen one after another, each for the hypervolume that it adds to those before.

    Where none adds any, those that are dominated by the least number of others.

    Args:
        values: `N x k`, larger is better.
        front: `F x k` values known or presumed already.
        reference: `k`, the reference point.
        n: how many.
        allowed: bool `N`, which rows may be chosen.
    """
    left = np.array(allowed, dtype=bool)
    known = front[non_dominated(front)]
    chosen: list[int] = []
    while left.any() and len(chosen) < n:
        rows = np.flatnonzero(left)
        gains = hypervolume_gains(values[rows], known, reference)
        if not gains.max() > 0.0:
            above = (known[None] >= values[rows][:, None]).all(axis=-1).sum(axis=1)
            gains = -above.astype(np.float64)
        best = int(rows[gains.argmax()])
        chosen.append(best)
        left[best] = False
        known = np.concatenate([known, values[best : best + 1]])
        known = known[non_dominated(known)]
    return np.array(chosen, dtype=np.intp)
