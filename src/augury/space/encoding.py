"""Encoding: a row of numbers to a point of the unit cube and back, columns of one kind handled together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from augury.space.scales import Array, Scale


def row_keys(points: Array) -> list[bytes]:
    """Hashable keys of encoded points (n x dim); -0.0 and 0.0 are the same."""
    data = np.ascontiguousarray(points + 0.0)
    width = data.shape[1] * data.itemsize
    raw = data.tobytes()
    return [raw[start : start + width] for start in range(0, len(raw), width)]


class Encoding:
    """The scales of all columns, stacked by kind so that a small batch costs a few vector operations.

    Args:
        scales: one single-column scale per column.
    """

    def __init__(self, scales: Sequence[Scale]) -> None:
        self.dim = len(scales)
        by_kind: dict[type[Scale], list[int]] = {}
        for column, scale in enumerate(scales):
            by_kind.setdefault(type(scale), []).append(column)
        self._groups = [
            (np.array(columns), kind.stack([scales[column] for column in columns]))
            for kind, columns in by_kind.items()
        ]

    def units(self, numbers: Array) -> Array:
        """Encoded points (n x dim) of rows of numbers (n x dim)."""
        if len(self._groups) == 1:
            return self._groups[0][1].unit(numbers)
        result = np.empty_like(numbers)
        for columns, scale in self._groups:
            result[:, columns] = scale.unit(numbers[:, columns])
        return result

    def numbers(self, units: Array) -> Array:
        """Rows of numbers (n x dim) nearest to encoded points (n x dim)."""
        if len(self._groups) == 1:
            return self._groups[0][1].value(units)
        result = np.empty_like(units)
        for columns, scale in self._groups:
            result[:, columns] = scale.value(units[:, columns])
        return result
