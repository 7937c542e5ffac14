"""Training rows in arrays that stay where they are: memory-mapped files above all."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import numpy as np
import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.sparse.rows import CHUNK, Batch, Rows
from augury.models.standardization import Standardization


@final
class StreamedRows(Rows):
    """Rows of arrays that are read a chunk at a time and never held.

    Args:
        X: `n x d`, anything with `shape` that can be sliced (`numpy.memmap`, HDF5, Zarr).
        Y: `n x m`, likewise.
        Yvar: `n x m` noise variances, likewise, or None.
        inputs: from `b x d` rows to what the covariance sees.
        standardise: whether outcomes are counted in units of their standard deviation.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite.
    """

    def __init__(
        self,
        X: np.ndarray,
        Y: np.ndarray,
        Yvar: np.ndarray | None,
        inputs: Callable[[Tensor], Tensor],
        *,
        standardise: bool,
    ) -> None:
        if len(X.shape) != 2 or len(Y.shape) != 2 or X.shape[0] != Y.shape[0] or 0 in (*X.shape, *Y.shape):
            raise InvalidInputError(
                f"train_X must be n x d and train_Y n x m, not empty; given {X.shape} and {Y.shape}"
            )
        if Yvar is not None and Yvar.shape != Y.shape:
            raise InvalidInputError(f"train_Yvar must have the shape {Y.shape}; given {Yvar.shape}")
        self._X, self._Y, self._Yvar, self._inputs = X, Y, Yvar, inputs
        self.standardization = Standardization(np.zeros(Y.shape[1]), np.ones(Y.shape[1]))
        moments = self._checked_moments()
        if standardise:
            self.standardization = moments

    def __len__(self) -> int:
        return int(self._X.shape[0])

    def read(self, start: int, stop: int) -> Batch:
        """The rows `start <= i < stop`."""
        X, Y = (np.array(part[start:stop], dtype=np.float64) for part in (self._X, self._Y))
        Yvar = None if self._Yvar is None else np.array(self._Yvar[start:stop], dtype=np.float64)
        Y, Yvar = self.standardization(Y, Yvar)
        weight = np.ones((len(X), 1)) if Yvar is None else 1.0 / np.maximum(Yvar, 1e-8)
        return Batch(self._inputs(torch.from_numpy(X)), torch.from_numpy(Y), torch.from_numpy(weight))

    def _checked_moments(self) -> Standardization:
        """Means and deviations of the outcomes, by one pass that also looks at every entry."""
        n, m = 0, self._Y.shape[1]
        mean, squares = np.zeros(m), np.zeros(m)
        for start in range(0, len(self), CHUNK):
            stop = min(start + CHUNK, len(self))
            for name, values in (("train_X", self._X), ("train_Y", self._Y), ("train_Yvar", self._Yvar)):
                if values is not None and not np.isfinite(values[start:stop]).all():
                    raise InvalidInputError(
                        f"{name} has an entry that is not finite in rows {start} to {stop}"
                    )
            if self._Yvar is not None and (np.asarray(self._Yvar[start:stop]) < 0.0).any():
                raise InvalidInputError(f"train_Yvar has a negative entry in rows {start} to {stop}")
            Y = np.array(self._Y[start:stop], dtype=np.float64)
            own, count = Y.mean(axis=0), len(Y)
            squares += ((Y - own) ** 2).sum(axis=0) + (own - mean) ** 2 * n * count / (n + count)
            mean += (own - mean) * count / (n + count)
            n += count
        deviation = np.sqrt(squares / max(n - 1, 1))
        return Standardization(mean, np.where(deviation > 0.0, deviation, 1.0))
