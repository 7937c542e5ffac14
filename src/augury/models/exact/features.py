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
            if values.dim() != 2 or not len(values) or not bool(torch.isfinite(values).all()):
                raise InvalidInputError(
                    f"descriptors of column {column} must be a finite table, one row per category; "
                    f"given shape {tuple(values.shape)}"
                )
            index = int(column) % dim if column < 0 else int(column)
            tables[index] = values / max(values.shape[-1], 1) ** 0.5
        return Features(dim, columns, tables)

    @property
    def numeric(self) -> list[int]:
        """The columns that are numbers."""
        return [column for column in range(self.dim) if column not in self.categorical]

    @property
    def groups(self) -> list[int]:
        """The number of coordinates that share each lengthscale: numeric columns, then descriptor tables."""
        return [1] * len(self.numeric) + [self.descriptors[c].shape[-1] for c in sorted(self.descriptors)]

    def check(self, X: np.ndarray) -> None:
        """Check the codes of training inputs (`n x d`).

        Raises:
            InvalidInputError: a categorical column holds something else than codes 0, 1, 2, ...
        """
        for column in self.categorical:
            codes = X[:, column]
            wrong = codes[(codes != np.round(codes)) | (codes < 0)]
            if len(wrong):
                raise InvalidInputError(
                    f"column {column} is categorical and must hold integer codes 0, 1, 2, ...; "
                    f"it holds {wrong[0]:g}"
                )
        self.coordinates(X)

    def _described(self, column: int, codes: np.ndarray) -> np.ndarray:
        """The row of the descriptor table for each code."""
        table = self.descriptors[column].numpy()
        rows = codes.astype(np.intp)
        if rows.size and not 0 <= rows.min() <= rows.max() < len(table):
            raise InvalidInputError(
                f"column {column} holds category {rows.max() if rows.min() >= 0 else rows.min()}, "
                f"but its descriptors are of categories 0 to {len(table) - 1}"
            )
        described: np.ndarray = table[rows]
        return described

    def coordinates(self, X: np.ndarray) -> np.ndarray:
        """`N x p`: the coordinates of the Matern distance, ordered as `groups`."""
        if not self.categorical:
            return X
        parts = [X[:, self.numeric]]
        for column in sorted(self.descriptors):
            parts += [self._described(column, X[:, column])]
        return np.concatenate(parts, axis=1)

    def coordinates_tensor(self, X: Tensor) -> Tensor:
        """The same for `... x N x d` tensors, differentiable in the numeric columns."""
        if not self.categorical:
            return X
        parts = [X[..., self.numeric]]
        for column in sorted(self.descriptors):
            parts += [torch.from_numpy(self._described(column, X[..., column].detach().numpy()))]
        return torch.cat(parts, dim=-1)

    def scatter_gradient(self, gradient: np.ndarray) -> np.ndarray:
        """`N x d`: a gradient in the coordinates put back in the encoded columns (0 for categories)."""
        if not self.categorical:
            return gradient
        full = np.zeros((len(gradient), self.dim))
        full[:, self.numeric] = gradient[:, : len(self.numeric)]
        return full
