"""From encoded inputs to the numbers a distance is computed on: numeric columns, descriptors, categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from augury.errors import InvalidInputError


@dataclass(frozen=True)
class Features:
    """How the `d` encoded columns enter the kernel.

    A numeric column is a distance of its own. A categorical column is a mismatch (equal or not); where it
    has descriptors (a solvent by its measured properties), their Euclidean distance is one more distance,
    with one lengthscale for the whole table, since few categories cannot teach one for each property.

    Args:
        dim: number `d` of encoded columns.
        categorical: the integer-coded columns.
        descriptors: categorical column -> `k x p` table, one row per category.
    """

    dim: int
    categorical: tuple[int, ...] = ()
    descriptors: Mapping[int, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for column in self.categorical:
            if not 0 <= column < self.dim:
                raise InvalidInputError(
                    f"categorical_features names column {column}; the inputs have columns 0 to {self.dim - 1}"
                )
        for column in self.descriptors:
            if column not in self.categorical:
                raise InvalidInputError(
                    f"descriptors are given for column {column}, which is not in categorical_features"
                )

    @staticmethod
    def of(dim: int, categorical: Sequence[int] | None, descriptors: Mapping[int, Tensor] | None) -> Features:
        """From the arguments a model takes; negative column numbers count from the end."""
        columns = tuple(sorted({int(c) % dim if c < 0 else int(c) for c in categorical or ()}))
        tables = {}
        for column, table in (descriptors or {}).items():
            values = torch.as_tensor(table, dtype=torch.float64)
            tables[int(column)] = values / max(values.shape[-1], 1) ** 0.5
        return Features(dim, columns, tables)

    @property
    def numeric(self) -> list[int]:
        """The columns that are numbers."""
        return [column for column in range(self.dim) if column not in self.categorical]

    @property
    def groups(self) -> list[int]:
        """The number of coordinates that share each lengthscale: numeric columns, then descriptor tables."""
        return [1] * len(self.numeric) + [self.descriptors[c].shape[-1] for c in sorted(self.descriptors)]

    def coordinates(self, X: np.ndarray) -> np.ndarray:
        """`N x p`: the coordinates of the Matern distance, ordered as `groups`."""
        if not self.categorical:
            return X
        parts = [X[:, self.numeric]]
        for column, table in sorted(self.descriptors.items()):
            parts += [table.numpy()[X[:, column].astype(np.intp)]]
        return np.concatenate(parts, axis=1)

    def coordinates_tensor(self, X: Tensor) -> Tensor:
        """The same for `... x N x d` tensors, differentiable in the numeric columns."""
        if not self.categorical:
            return X
        parts = [X[..., self.numeric]]
        for column, table in sorted(self.descriptors.items()):
            parts += [table.to(X)[X[..., column].long()]]
        return torch.cat(parts, dim=-1)

    def scatter_gradient(self, gradient: np.ndarray) -> np.ndarray:
        """`N x d`: a gradient in the coordinates put back in the encoded columns (0 for categories)."""
        if not self.categorical:
            return gradient
        full = np.zeros((len(gradient), self.dim))
        full[:, self.numeric] = gradient[:, : len(self.numeric)]
        return full
