"""The training rows of one level of fidelity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LevelData:
    """Inputs without the level, standardised outcomes and known noise variances of one level.

    Args:
        X: `n x d`.
        y: `n`.
        noise: `n`, or None to infer one.
    """

    X: np.ndarray
    y: np.ndarray
    noise: np.ndarray | None

    def subset(self, rows: np.ndarray) -> LevelData:
        """Some of the rows (an index array)."""
        return LevelData(self.X[rows], self.y[rows], None if self.noise is None else self.noise[rows])
