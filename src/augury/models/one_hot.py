"""Encoded inputs as a network sees them: centred numbers, one-hot categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError

_SPREAD = 12.0**0.5  # a uniform number of the unit interval then has variance 1


@final
class NetworkInputs:
    """Turns `... x d` encoded points into the `... x D` inputs of a network.

    Numbers of the unit cube become `sqrt(12) (x - 1/2)`, of mean 0 and variance 1 over the cube. A
    categorical column becomes one column for each category seen in training; a category never seen is all
    zeros.

    Args:
        X: `n x d` training inputs.
        categorical: the integer-coded columns; negative numbers count from the end.

    Raises:
        InvalidInputError: a column that does not exist, or codes that are not 0, 1, 2, ...
    """

    def __init__(self, X: Tensor, categorical: Sequence[int] | None) -> None:
        d = X.shape[-1]
        columns = sorted({int(c) + d if c < 0 else int(c) for c in categorical or ()})
        if columns and not 0 <= columns[0] <= columns[-1] < d:
            raise InvalidInputError(
                f"categorical_features names columns {columns}; the inputs have columns 0 to {d - 1}"
            )
        self.categories: dict[int, int] = {}
        for column in columns:
            codes = X[:, column]
            wrong = codes[(codes != codes.round()) | (codes < 0)]
            if len(wrong):
                raise InvalidInputError(
                    f"column {column} is categorical and must hold integer codes 0, 1, 2, ...; "
                    f"it holds {float(wrong[0]):g}"
                )
            self.categories[column] = int(codes.max()) + 1
        self.numeric = [column for column in range(d) if column not in self.categories]

    @property
    def width(self) -> int:
        """The number `D` of network inputs."""
        return len(self.numeric) + sum(self.categories.values())

    def __call__(self, X: Tensor) -> Tensor:
        """`... x D`, differentiable in the numeric columns of `X` (`... x d`)."""
        if not self.categories:
            return (X - 0.5) * _SPREAD
        parts = [(X[..., self.numeric] - 0.5) * _SPREAD]
        for column, count in self.categories.items():
            codes = torch.arange(count, dtype=X.dtype)
            parts.append((X[..., column, None] == codes).to(X.dtype))
        return torch.cat(parts, dim=-1)
