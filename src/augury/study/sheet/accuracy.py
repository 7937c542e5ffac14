"""The columns that say how exact a result is and what an experiment cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from augury.errors import InvalidInputError
from augury.space.goals import Goals
from augury.study.sheet.cells import Number, shown
from augury.study.sheet.table import Table


@dataclass(frozen=True)
class Accuracy:
    """Which columns they are.

    Args:
        stderr: outcome -> the column of its standard errors.
        cost: the column of what each experiment cost.
    """

    stderr: Mapping[str, str] = field(default_factory=dict)
    cost: str | None = None

    @property
    def columns(self) -> dict[str, str]:
        """Column -> what it is."""
        kinds = {column: f"the standard error of {name}" for name, column in self.stderr.items()}
        return kinds | ({} if self.cost is None else {self.cost: "what the experiment cost"})

    def check(self, table: Table, goals: Goals) -> None:
        """Refuses names that are no columns, no outcomes, or used twice.

        Raises:
            InvalidInputError: which, and what there is.
        """
        for name in self.stderr:
            if name not in goals.outcomes:
                known = ", ".join(map(repr, goals.outcomes))
                raise InvalidInputError(f"--stderr: {name!r} is not a result; the results are {known}")
        given = [*self.stderr.values(), *([] if self.cost is None else [self.cost])]
        for column in given:
            if column in goals.outcomes or given.count(column) > 1:
                raise InvalidInputError(f"the column {column!r} is given two meanings; give it one")
            if column not in table.columns:
                near = get_close_matches(column, table.columns, n=1)
                hint = (
                    f"did you mean {near[0]!r}?" if near else f"it has {', '.join(map(repr, table.columns))}"
                )
                raise InvalidInputError(f"{table.path.name} has no column {column!r}; {hint}")

    def variances(self, table: Table, goals: Goals) -> NDArray[np.float64]:
        """Squared standard errors, n x m; NaN where the cell is empty or the outcome has no such column.

        Raises:
            InvalidInputError: a cell is no number, or negative (row and column named).
        """
        columns = [
            _numbers(table, self.stderr[name]) if name in self.stderr else np.full(table.n, np.nan)
            for name in goals.outcomes
        ]
        return np.stack(columns, axis=1) ** 2

    def costs(self, table: Table) -> NDArray[np.float64]:
        """What each experiment cost, n; NaN where unknown.

        Raises:
            InvalidInputError: a cell is no number, or negative (row and column named).
        """
        return np.full(table.n, np.nan) if self.cost is None else _numbers(table, self.cost)


def _numbers(table: Table, name: str) -> NDArray[np.float64]:
    found = np.full(table.n, np.nan)
    for row, cell in enumerate(table.columns[name]):
        if cell is None:
            continue
        if not isinstance(cell, Number) or cell.value < 0:
            raise InvalidInputError(
                f"{table.where(row, name)}: {shown(cell)!r} must be a number, 0 or more, or empty"
            )
        found[row] = cell.value
    return found
