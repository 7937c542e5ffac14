"""The division of training rows into parts that are left out in turn."""

from __future__ import annotations

import numpy as np

#: Into how many parts.
FOLDS = 5


def assign_folds(n: int, folds: int = FOLDS, seed: int = 0) -> np.ndarray:
    """The part (`n` numbers from 0 to `min(folds, n) - 1`) that each row belongs to.

    Every `folds` rows in succession fall into different parts, so that the parts are equally large and a row
    keeps its part when others are added.

    Args:
        n: number of rows.
        folds: number of parts.
        seed: another seed gives another division.
    """
    blocks = -(-n // folds)
    shuffled = np.random.default_rng([seed, folds]).permuted(np.tile(np.arange(folds), (blocks, 1)), axis=1)
    parts: np.ndarray = shuffled.reshape(-1)[:n]
    return np.unique(parts, return_inverse=True)[1] if n < folds else parts
