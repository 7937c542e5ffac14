"""Designs as real vectors: numbers as they are, categories as logits, all with unit variance over the
table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from augury.space.space import Space

#: Of the probability that a letter stands for itself; the rest is shared evenly.
_SHARP = 0.6


@dataclass(frozen=True)
class DesignCoordinates:
    r"""The map from encoded points (`N x dim`) to vectors of `D` numbers, and back.

    A number is one coordinate. A category with C values is `C - 1`: with `p = 0.6 onehot + 0.4 / C`, the
    logarithms of p relative to that of the first value. All are centred and scaled to unit variance over the
    table (a coordinate that does not vary is only centred). Back, a category is the value of the largest
    logit.

    Args:
        space: of the points.
        numeric: columns that are numbers.
        sizes: column -> number of values of the columns that are categories; held columns are in neither.
        mean: D means over the table.
        scale: D standard deviations.

    Source: Trabucco et al., "Design-Bench", ICML 2022 (`soft_interpolation` 0.6).
    """

    space: Space
    numeric: tuple[int, ...]
    sizes: dict[int, int]
    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, space: Space, X: np.ndarray) -> Self:
        """The coordinates of a space, standardised by a table (`n x dim`)."""
        free = [column for column in range(space.dim) if column not in space.fixed_columns]
        sizes = {column: space.cardinalities[column] for column in free if column in space.cardinalities}
        numeric = tuple(column for column in free if column not in sizes)
        plain = cls(space, numeric, sizes, np.zeros(1), np.ones(1))
        raw = plain._raw(X)
        spread = raw.std(axis=0)
        return cls(space, numeric, sizes, raw.mean(axis=0), np.where(spread > 1e-12, spread, 1.0))

    @property
    def dim(self) -> int:
        """The number D of coordinates."""
        return len(self.mean)

    @property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """The least and the largest value (each D) of each coordinate; logits have none."""
        low, high = np.full(self.dim, -np.inf), np.full(self.dim, np.inf)
        count = len(self.numeric)
        low[:count], high[:count] = 0.0, 1.0
        return (low - self.mean) / self.scale, (high - self.mean) / self.scale

    def encode(self, X: np.ndarray) -> np.ndarray:
        """`N x D` coordinates of encoded points (`N x dim`)."""
        Z: np.ndarray = (self._raw(X) - self.mean) / self.scale
        return Z

    def decode(self, Z: np.ndarray) -> np.ndarray:
        """The encoded points (`N x dim`) of coordinates (`N x D`), not yet those of the space."""
        raw = Z * self.scale + self.mean
        X = np.empty((len(Z), self.space.dim))
        for column, value in self.space.fixed_columns.items():
            X[:, column] = value
        count = len(self.numeric)
        X[:, self.numeric] = raw[:, :count].clip(0.0, 1.0)
        for column, size in self.sizes.items():
            logits = np.concatenate([np.zeros((len(Z), 1)), raw[:, count : count + size - 1]], axis=1)
            X[:, column] = logits.argmax(axis=1)
            count += size - 1
        return X

    def _raw(self, X: np.ndarray) -> np.ndarray:
        parts = [X[:, self.numeric]]
        for column, size in self.sizes.items():
            onehot = X[:, column].astype(np.intp)[:, None] == np.arange(size)
            logits = np.log(_SHARP * onehot + (1.0 - _SHARP) / size)
            parts.append(logits[:, 1:] - logits[:, :1])
        return np.concatenate(parts, axis=1)
