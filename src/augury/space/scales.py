"""Scales: the maps between the numbers of a column and its encoded coordinate, for many columns at once.

Every scale keeps two promises, for any number `x` in bounds and any coordinate `u`:
the bounds map to 0 and 1 and back exactly, and `unit(value(unit(x))) == unit(x)` (so snapping is idempotent
and an encoded point never drifts). A continuous value cannot always come back bit for bit (there are more
doubles between -5 and 10 than coordinates), so it is resolved to a decimal grid just above rounding error.
Numbers that a person writes (3.7, 1e-3, 0.0314) come back exactly, others to 1e-14 of the larger bound (on a
log scale to 5e-13 of themselves, more where the bounds lie 16 decades or more apart).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_EXPONENTS = 308
_POWERS_OF_TEN: Array = np.array([float(f"1e{k}") for k in range(-_EXPONENTS, _EXPONENTS + 1)])


@dataclass(frozen=True, eq=False)
class Scale(ABC):
    """Map between numbers and coordinates of c columns; every field is an array of length c."""

    @abstractmethod
    def unit(self, x: Array) -> Array:
        """Coordinates (n x c) of the numbers `x` (n x c), which lie in bounds."""

    @abstractmethod
    def value(self, u: Array) -> Array:
        """Numbers (n x c) nearest to the coordinates `u` (n x c), which may lie out of bounds."""

    def spread(self, u: Array) -> Array:
        """Coordinates (n x c) of uniform draws (n x c) from [0, 1), every level by the width of its cell."""
        return u

    @classmethod
    def stack(cls, scales: Sequence[Self]) -> Self:
        """One scale for the columns of all `scales`, in order."""
        return cls(*(np.concatenate([getattr(s, f.name) for s in scales]) for f in fields(cls)))


@dataclass(frozen=True, eq=False)
class LinearScale(Scale):
    """Continuous: u = (x - low) / (high - low).

    `precision` is the number of grid points per unit, 0 where the interval is so narrow that doubles
    themselves are the grid (x - low is exact there, and so is the way back).
    """

    low: Array
    high: Array
    precision: Array

    @classmethod
    def of(cls, low: float, high: float) -> LinearScale:
        """The scale of one column between two bounds."""
        largest = max(abs(low), abs(high))
        narrow = 8.0 * (high - low) <= largest
        precision = 0.0 if narrow else float(f"1e{15 - int(np.ceil(np.log10(2.0 * largest)))}")
        return cls(np.array([low]), np.array([high]), np.array([precision]))

    def unit(self, x: Array) -> Array:
        u: Array = (self._resolve(x) - self.low) / (self.high - self.low)
        return u

    def value(self, u: Array) -> Array:
        u = np.minimum(np.maximum(u, 0.0), 1.0)
        x = self._resolve(self.low + u * (self.high - self.low))
        return np.where(u >= 1.0, self.high, np.minimum(x, self.high))

    @cached_property
    def _grid(self) -> tuple[NDArray[np.bool_], Array, Array, Array]:
        """Which columns have a grid, its precision, and the edges beyond which its points become a bound.

        A bound need not lie on the grid: grid points within 3/4 of a spacing of it become the bound.
        """
        has_grid = self.precision > 0.0
        precision = np.where(has_grid, self.precision, 1.0)
        return has_grid, precision, self.low + 0.75 / precision, self.high - 0.75 / precision

    def _resolve(self, x: Array) -> Array:
        has_grid, precision, first, last = self._grid
        grid = np.rint(x * precision) / precision + 0.0
        grid = np.where(grid <= first, self.low, grid)
        grid = np.where(grid >= last, self.high, grid)
        return np.where(has_grid, grid, x)


@dataclass(frozen=True, eq=False)
class LogScale(Scale):
    """Continuous on a logarithmic scale: u = log(x / low) / log(high / low).

    `digits` is the number of significant decimal digits kept, 0 where the interval is so narrow that doubles
    themselves are the grid.
    """

    low: Array
    high: Array
    digits: Array

    @classmethod
    def of(cls, low: float, high: float) -> LogScale:
        """The scale of one column between two positive bounds."""
        span = np.log1p((high - low) / low)
        rounding = np.finfo(np.float64).eps * (8.0 + 4.0 * span)
        digits = 0.0 if span < 0.05 else np.floor(-np.log10(rounding))
        return cls(np.array([low]), np.array([high]), np.array([digits]))

    def unit(self, x: Array) -> Array:
        u: Array = np.log1p((self._resolve(x) - self.low) / self.low) / self._span()
        return u

    def value(self, u: Array) -> Array:
        u = np.clip(u, 0.0, 1.0)
        x = self._resolve(np.minimum(self.low + self.low * np.expm1(u * self._span()), self.high))
        return np.where(u >= 1.0, self.high, x)

    def _span(self) -> Array:
        span: Array = np.log1p((self.high - self.low) / self.low)
        return span

    def _resolve(self, x: Array) -> Array:
        precision = self._precision(x)
        grid = np.rint(x * precision) / precision
        grid = np.where(grid <= self.low + 0.75 / self._precision(self.low), self.low, grid)
        grid = np.where(grid >= self.high - 0.75 / self._precision(self.high), self.high, grid)
        return np.where(self.digits > 0.0, grid, x)

    def _precision(self, x: Array) -> Array:
        """Grid points per unit at `x`: a power of ten that leaves `digits` significant digits."""
        exponent = self.digits - 1.0 - np.floor(np.log10(x))
        return _POWERS_OF_TEN[exponent.astype(np.intp) + _EXPONENTS]


@dataclass(frozen=True, eq=False)
class GridScale(Scale):
    """The numbers 0, 1, ..., last: u = x / divisor, with divisor = last (levels in [0, 1]) or 1 (codes)."""

    last: Array
    divisor: Array

    @classmethod
    def levels(cls, count: int) -> GridScale:
        """`count` equally spaced levels in [0, 1]."""
        return cls(np.array([count - 1.0]), np.array([count - 1.0]))

    @classmethod
    def codes(cls, count: int) -> GridScale:
        """`count` integer codes 0..count-1."""
        return cls(np.array([count - 1.0]), np.array([1.0]))

    def unit(self, x: Array) -> Array:
        u: Array = x / self.divisor
        return u

    def value(self, u: Array) -> Array:
        return np.clip(np.rint(u * self.divisor), 0.0, self.last) + 0.0

    def spread(self, u: Array) -> Array:
        return self.unit(np.minimum(np.floor(u * (self.last + 1.0)), self.last))


@dataclass(frozen=True, eq=False)
class LogIntegerScale(Scale):
    """Integers on a logarithmic scale: u = log(x / low) / log(high / low), nearest in u on the way back."""

    low: Array
    high: Array

    @classmethod
    def of(cls, low: int, high: int) -> LogIntegerScale:
        """The scale of one column between two positive integers."""
        return cls(np.array([float(low)]), np.array([float(high)]))

    def unit(self, x: Array) -> Array:
        u: Array = np.log(x / self.low) / np.log(self.high / self.low)
        return u

    def value(self, u: Array) -> Array:
        x = self.low * np.exp(np.clip(u, 0.0, 1.0) * np.log(self.high / self.low))
        below = np.floor(x)
        nearest = below + (x * x > below * (below + 1.0))  # the geometric mean is the middle in u
        return np.clip(nearest, self.low, self.high)

    def spread(self, u: Array) -> Array:
        # k has the cell [k - 1/2, k + 1/2]: rounding u alone would leave the two bounds half a cell each
        lower = self.low - 0.5
        x = np.rint(lower * np.exp(u * np.log((self.high + 0.5) / lower)))
        return self.unit(np.clip(x, self.low, self.high))
