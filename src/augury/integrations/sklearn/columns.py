"""From a table of numbers in the user's units to the cube that surrogates know, and its Space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from augury.errors import InvalidInputError
from augury.space.categorical import Categorical
from augury.space.float import Float
from augury.space.parameter import Parameter
from augury.space.space import Space

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Columns:
    """How each of d columns is scaled or coded.

    Args:
        low: the value of each column that becomes 0 (of a categorical one, 0).
        width: how far from it the value is that becomes 1 (1 where a column never changes).
        categories: column -> its sorted values, each of which becomes its position.
    """

    low: Array
    width: Array
    categories: dict[int, Array]

    @classmethod
    def of(
        cls, X: Array, bounds: Sequence[tuple[float, float]] | None, categorical: Sequence[int] | None
    ) -> Self:
        """Those of training inputs (`n x d`): by the bounds where given, else by their range.

        Args:
            X: the training inputs.
            bounds: `(low, high)` of each column; what is given for a categorical one is not looked at.
            categorical: the columns whose numbers only tell categories apart.

        Raises:
            InvalidInputError: bounds or columns that do not fit the inputs.
        """
        d = X.shape[1]
        chosen = _checked_columns(categorical, d)
        categories = {column: np.unique(X[:, column]) for column in chosen}
        low, high = (X.min(axis=0), X.max(axis=0)) if bounds is None else _checked_bounds(bounds, d, chosen)
        low, high = low.copy(), high.copy()
        low[chosen], high[chosen] = 0.0, 1.0
        width = high - low
        usable = (width > 0) & np.isfinite(width)
        return cls(low, np.where(usable, width, 1.0), categories)

    def encoded(self, X: Array) -> Tensor:
        """Points (`n x d`) in the cube; outside it where they are out of bounds.

        Raises:
            InvalidInputError: a category that the training inputs do not have.
        """
        unit = (X - self.low) / self.width
        for column, values in self.categories.items():
            codes = np.searchsorted(values, X[:, column]).clip(max=len(values) - 1)
            unknown = values[codes] != X[:, column]
            if unknown.any():
                raise InvalidInputError(
                    f"column {column} holds {X[unknown, column][0]:g}, a category that was not there in fit; "
                    f"known are {', '.join(f'{value:g}' for value in values[:10])}"
                )
            unit[:, column] = codes
        return torch.from_numpy(unit)

    @property
    def space(self) -> Space:
        """The space of the encoded points."""
        parameters: dict[str, Parameter] = {}
        for column in range(len(self.low)):
            values = self.categories.get(column)
            several = None if values is None else [float(value) for value in values]
            if several is not None and len(several) == 1:
                several.append(float(np.nextafter(several[0], np.inf)))  # a parameter has two values at least
            parameters[f"x{column}"] = Float(0.0, 1.0) if several is None else Categorical(several)
        return Space(parameters)


def _checked_columns(categorical: Sequence[int] | None, d: int) -> list[int]:
    given: NDArray[Any] = np.asarray([] if categorical is None else categorical)
    if given.dtype == bool:
        given = np.flatnonzero(given) if len(given) == d else np.array([d])
    columns = [int(column) for column in given]
    if any(column != value for column, value in zip(columns, given, strict=True)) or not all(
        0 <= column < d for column in columns
    ):
        raise InvalidInputError(
            f"categorical_features={categorical!r} must be columns from 0 to {d - 1}, or {d} truth values"
        )
    return sorted(set(columns))


def _checked_bounds(
    bounds: Sequence[tuple[float, float]], d: int, categorical: Sequence[int]
) -> tuple[Array, Array]:
    try:
        pairs = np.asarray(bounds, dtype=np.float64)
    except (TypeError, ValueError):
        pairs = np.empty(0)
    if pairs.shape != (d, 2):
        raise InvalidInputError(f"bounds must be {d} pairs (low, high), one a column; given {bounds!r}")
    low, high = pairs[:, 0].copy(), pairs[:, 1].copy()
    low[list(categorical)], high[list(categorical)] = 0.0, 1.0
    if not (np.isfinite(pairs).all() and (low < high).all()):
        raise InvalidInputError(f"bounds must be finite, low below high; given {bounds!r}")
    return low, high
