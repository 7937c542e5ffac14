"""Which column of the inputs is the level of fidelity, and how many levels there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial.distance import cdist
from torch import Tensor

from augury.errors import InvalidInputError
from augury.kernels.ar1 import split_level

_LEAST_ROWS = 2
#: Inputs in the unit cube that differ by less are the same point.
_SAME = 1e-9


@dataclass(frozen=True)
class Levels:
    """The levels 0 (the cheapest) to `count - 1` (the truth) that a column of the inputs names.

    Args:
        dim: number of columns.
        column: that of the levels; None where there is none, and all is the truth.
        count: number of levels `T`.
    """

    dim: int
    column: int | None = None
    count: int = 1

    @staticmethod
    def of(X: np.ndarray, fidelity_features: Sequence[int] | None, *, ordered: bool = True) -> Levels:
        """The levels in training inputs (`n x d`).

        Args:
            X: the inputs, transformed.
            fidelity_features: the column of levels; None or empty for none.
            ordered: whether the last is the truth; else they are tasks.

        Raises:
            InvalidInputError: several columns or one that does not exist, entries that are not integers from
                0, a level below the highest without rows, fewer than 2 rows of the highest.
        """
        dim = X.shape[1]
        if not fidelity_features:
            return Levels(dim)
        if len(fidelity_features) != 1:
            raise InvalidInputError(
                f"fidelity_features must name one column of levels; given {list(fidelity_features)}"
            )
        column = int(fidelity_features[0])
        if not -dim <= column < dim:
            raise InvalidInputError(
                f"fidelity_features names column {column}; the inputs have columns 0 to {dim - 1}"
            )
        column %= dim
        if dim == 1:
            raise InvalidInputError("the only column of train_X is the level; there are no inputs beside it")
        entries = X[:, column]
        wrong = entries[(np.abs(entries - np.round(entries)) > 1e-6) | (np.round(entries) < 0)]
        if len(wrong):
            raise InvalidInputError(
                f"column {column} holds the level of fidelity, an integer from 0 (cheapest) upwards; it "
                f"holds {wrong[0]:g} (leave it out of input_transform)"
            )
        rows = np.bincount(np.round(entries).astype(np.intp))
        if not rows.all():
            raise InvalidInputError(
                f"there are no rows of level {int(np.argmin(rows))}, but of level {len(rows) - 1}: number "
                "the levels from 0 without gaps, and leave out levels that were never evaluated"
            )
        if ordered and len(rows) > 1 and rows[-1] < _LEAST_ROWS:
            raise InvalidInputError(
                f"the highest level, {len(rows) - 1}, has {rows[-1]} row; a relation between levels needs at "
                f"least {_LEAST_ROWS}"
            )
        return Levels(dim, column, len(rows))

    def split(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """The inputs without the level (`... x (d - 1)`), and the levels (`...` integers).

        Raises:
            InvalidInputError: an unknown level.
        """
        if self.column is None:
            return X, torch.zeros(X.shape[:-1], dtype=torch.long)
        return split_level(X, self.column, self.count)

    def split_rows(self, X: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """The inputs without the level, and the rows (an index array) of each level."""
        inputs, levels = self.split(torch.from_numpy(np.ascontiguousarray(X)))
        return inputs.numpy(), [np.flatnonzero(levels.numpy() == level) for level in range(self.count)]

    def without(self, columns: Sequence[int] | None) -> list[int] | None:
        """Column numbers among all, as numbers among those without the level.

        Raises:
            InvalidInputError: the column of levels is one of them.
        """
        if columns is None or self.column is None:
            return None if columns is None else list(columns)
        positive = [int(c) % self.dim if -self.dim <= c < 0 else int(c) for c in columns]
        if self.column in positive:
            raise InvalidInputError(f"column {self.column} is the level of fidelity and cannot be a category")
        return [c - (c > self.column) for c in positive]


def check_nested(inputs: np.ndarray, rows: Sequence[np.ndarray], parents: Sequence[Sequence[int]]) -> None:
    """Refuse designs in which a level was evaluated where one that it is built on was not.

    Args:
        inputs: `n x d` without the level.
        rows: the rows of each level.
        parents: the levels that each is built on.

    Raises:
        InvalidInputError: naming the rows.
    """
    for level, below in enumerate(parents):
        for parent in below:
            apart = cdist(inputs[rows[level]], inputs[rows[parent]], "chebyshev").min(axis=1)
            missing = rows[level][apart > _SAME].tolist()
            if missing:
                raise InvalidInputError(
                    f"the designs are not nested: rows {missing} of train_X (level {level}) have no row of "
                    f"level {parent} at the same inputs; evaluate those, or take nested=False"
                )
