"""Mixtures: settings that always add up to the same total, so that one of them is what the others leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Any

from augury.space.parameters import Float, Int, Parameter
from augury.study.sheet.cells import Number
from augury.study.sheet.resolution import bounds
from augury.study.sheet.table import Table

_MOST_COLUMNS = 12
_SPARE_ROWS = 2
"""A sum is no coincidence when it is the same in at least so many more rows than it has parts."""


@dataclass(frozen=True)
class Remainder:
    """A setting that makes up the rest: value = total - sum of the others.

    Args:
        name: the setting.
        total: what all of them add up to.
        of: the other settings.
    """

    name: str
    total: float
    of: tuple[str, ...]

    def value(self, params: Mapping[str, Any]) -> float | int:
        """The amount that is left, to the decimals of the parts."""
        rest = Decimal(repr(self.total)) - sum(Decimal(repr(params[name])) for name in self.of)
        return int(rest) if rest == rest.to_integral_value() else float(rest)

    @property
    def text(self) -> str:
        """The remainder as a formula."""
        return " - ".join([f"{self.total:g}", *self.of])


def find_remainder(table: Table, parameters: Mapping[str, Parameter]) -> Remainder | None:
    """The last of the first few settings that add up to the same total in every row, if there are such.

    Args:
        table: the experiments.
        parameters: the settings.
    """
    columns = {
        name: [Decimal(repr(cell.value)) for cell in _numbers(table, name)]
        for name, parameter in parameters.items()
        if isinstance(parameter, (Float, Int)) and min(cell.value for cell in _numbers(table, name)) >= 0
    }
    if len(columns) > _MOST_COLUMNS:
        return None
    for size in range(2, len(columns) + 1):
        for names in combinations(columns, size):
            rows = set(zip(*(columns[name] for name in names), strict=True))
            if len({round(sum(row), 9) for row in rows}) == 1 and len(rows) >= size + _SPARE_ROWS:
                return Remainder(names[-1], float(round(sum(next(iter(rows))), 9)), names[:-1])
    return None


def limits(table: Table, remainder: Remainder) -> list[str]:
    """The constraints on the other settings that keep the remainder within the range seen, where needed."""
    low, high = bounds(_numbers(table, remainder.name))
    total = Decimal(repr(remainder.total))
    ranges = [bounds(_numbers(table, name)) for name in remainder.of]
    parts = " + ".join(remainder.of)
    constraints = []
    if sum(above for _, above in ranges) > total - low:
        constraints.append(f"{parts} <= {(total - low).normalize():f}")
    if sum(below for below, _ in ranges) < total - high:
        constraints.append(f"{parts} >= {(total - high).normalize():f}")
    return constraints


def _numbers(table: Table, name: str) -> Sequence[Number]:
    return [cell for cell in table.columns[name] if isinstance(cell, Number)]
