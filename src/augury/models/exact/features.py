"""From encoded inputs to the numbers a distance is computed on: numeric columns, descriptors, categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.space.conditions import Conditions


@dataclass(frozen=True)
class Features:
    """How the `d` encoded columns enter the kernel.

    A numeric column is a distance of its own. A categorical column is a mismatch (equal or not); where it
    has descriptors (a solvent by its measured properties), their Euclidean distance is one more distance,
    with one lengthscale for the whole table, since few categories cannot teach one for each property.

    A conditional column counts only between points in which it is active. A numeric one is laid on an arc of
    one radian, `u -> (sin u, cos u)`, and its inactive points in the centre: active points are as far apart
    as the chord between them (at most 4 % less than the difference of their coordinates), and all of them one
    range away from the inactive ones, whatever their coordinate. Being inactive is one more category of a
    categorical one, the centre of its descriptors. Distances of an embedding and mismatches of categories,
    the covariance is positive definite as without conditions.

    Source: Swersky et al., "Raiders of the lost architecture: kernels for Bayesian optimization in
    conditional parameter spaces", NIPS workshop 2013, for the arc.

    Args:
        dim: number `d` of encoded columns.
        categorical: the integer-coded columns.
        descriptors: categorical column -> `k x p` table, one row per category.
        conditions: when columns are active, None where they always are.
    """

    dim: int
    categorical: tuple[int, ...] = ()
    descriptors: Mapping[int, Tensor] = field(default_factory=dict)
    conditions: Conditions | None = None

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
    def of(
        dim: int,
        categorical: Sequence[int] | None,
        descriptors: Mapping[int, Tensor] | None,
        conditions: Conditions | None = None,
    ) -> Features:
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
        return Features(dim, columns, tables, conditions or None)

    @property
    def numeric(self) -> list[int]:
        """The columns that are numbers."""
        return [column for column in range(self.dim) if column not in self.categorical]

    @property
    def groups(self) -> list[int]:
        """The number of coordinates that share each lengthscale: numeric columns, then descriptor tables."""
        numeric = [2 if column in self.arcs else 1 for column in self.numeric]
        return numeric + [self.descriptors[c].shape[-1] for c in sorted(self.descriptors)]

    @cached_property
    def arcs(self) -> list[int]:
        """The numeric columns that are conditional."""
        conditional = self.conditions.columns if self.conditions is not None else ()
        return [column for column in conditional if column not in self.categorical]

    @cached_property
    def is_plain(self) -> bool:
        """Whether the columns themselves are the coordinates."""
        return not self.categorical and not self.arcs

    @cached_property
    def _first_coordinates(self) -> np.ndarray:
        """Of each numeric column, the coordinate that it begins at."""
        sizes = self.groups[: len(self.numeric)]
        return np.cumsum([0, *sizes[:-1]]) if sizes else np.empty(0, dtype=np.intp)

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

    def _described(self, column: int, codes: np.ndarray, active: np.ndarray) -> np.ndarray:
        """The row of the descriptor table for each code; where the column is inactive, the mean of all."""
        table = self.descriptors[column].numpy()
        rows = codes.astype(np.intp)
        if rows.size and not 0 <= rows.min() <= rows.max() < len(table):
            raise InvalidInputError(
                f"column {column} holds category {rows.max() if rows.min() >= 0 else rows.min()}, "
                f"but its descriptors are of categories 0 to {len(table) - 1}"
            )
        described: np.ndarray = np.where(active[..., None], table[rows], table.mean(axis=0))
        return described

    def coordinates(self, X: np.ndarray) -> np.ndarray:
        """`N x p`: the coordinates of the Matern distance, ordered as `groups`."""
        if self.is_plain:
            return X
        active = self._active(X)
        parts = [X[:, self.numeric]] if not self.arcs else []
        for column in self.numeric if self.arcs else ():
            u = X[:, column]
            if column in self.arcs:
                parts.append(np.stack([np.sin(u), np.cos(u)], axis=1) * active[:, column, None])
            else:
                parts.append(u[:, None])
        for column in sorted(self.descriptors):
            parts += [self._described(column, X[:, column], active[:, column])]
        return np.concatenate(parts, axis=1)

    def coordinates_tensor(self, X: Tensor) -> Tensor:
        """The same for `... x N x d` tensors, differentiable in the numeric columns."""
        if self.is_plain:
            return X
        plain = X.detach().numpy()
        active = self._active(plain.reshape(-1, self.dim)).reshape(plain.shape)
        parts = [X[..., self.numeric]] if not self.arcs else []
        for column in self.numeric if self.arcs else ():
            u = X[..., column]
            if column in self.arcs:
                on = torch.from_numpy(active[..., column, None])
                parts.append(torch.stack([u.sin(), u.cos()], dim=-1) * on)
            else:
                parts.append(u.unsqueeze(-1))
        for column in sorted(self.descriptors):
            parts += [torch.from_numpy(self._described(column, plain[..., column], active[..., column]))]
        return torch.cat(parts, dim=-1)

    def codes(self, X: np.ndarray) -> np.ndarray:
        """`N x C` categories of the categorical columns; -1 where one is inactive."""
        codes = X[:, list(self.categorical)]
        if self.conditions is None:
            return codes
        return np.where(self._active(X)[:, list(self.categorical)], codes, -1.0)

    def codes_tensor(self, X: Tensor) -> Tensor:
        """The same for `... x N x d` tensors."""
        flat = X.detach().reshape(-1, self.dim).numpy()
        return torch.from_numpy(self.codes(flat)).reshape(*X.shape[:-1], len(self.categorical))

    def scatter_gradient(self, gradient: np.ndarray, coordinates: np.ndarray) -> np.ndarray:
        """`N x d`: a gradient in the `coordinates` put back in the encoded columns (0 for categories)."""
        if self.is_plain:
            return gradient
        full = np.zeros((len(gradient), self.dim))
        first = self._first_coordinates
        full[:, self.numeric] = gradient[:, first]
        for column in self.arcs:  # d sin u = cos u du and d cos u = - sin u du; both are 0 where inactive
            sine = first[self.numeric.index(column)]
            full[:, column] = (
                gradient[:, sine] * coordinates[:, sine + 1] - gradient[:, sine + 1] * coordinates[:, sine]
            )
        return full

    def _active(self, X: np.ndarray) -> np.ndarray:
        """Mask (`N x d`) of the active coordinates."""
        return np.ones(X.shape, dtype=bool) if self.conditions is None else self.conditions.active(X)
