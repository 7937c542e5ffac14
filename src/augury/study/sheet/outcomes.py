"""The results in a table: measured, failed, or still awaited."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from augury.errors import InvalidInputError
from augury.space.goals import Goals
from augury.study.sheet.cells import Number, shown
from augury.study.sheet.table import Table


def read_outcomes(
    table: Table, goals: Goals, failed_words: Collection[str] = ()
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """The outcomes of every row and what became of it.

    A row whose objective is empty is pending, unless a constraint was measured or it failed; one whose
    objective holds a failure word has failed. A failure word in another outcome means that it was not
    measured.

    Args:
        table: the experiments, n rows.
        goals: names the m outcome columns, the objective first.
        failed_words: texts that mean a failed experiment; case does not matter.

    Returns:
        Y (n x m, NaN = not measured) and status (n: "complete", "failed" or "pending").

    Raises:
        InvalidInputError: an outcome is no column, or holds other text (row and column named).
    """
    check_outcomes(table, goals)
    words = {word.strip().casefold() for word in failed_words if word.strip()}
    Y = np.full((table.n, goals.n_outcomes), np.nan)
    failed = np.zeros((table.n, goals.n_outcomes), dtype=bool)
    for j, name in enumerate(goals.outcomes):
        for i, cell in enumerate(table.columns[name]):
            if isinstance(cell, Number):
                Y[i, j] = cell.value
            elif cell is not None and shown(cell).casefold() in words:
                failed[i, j] = True
            elif cell is not None:
                raise InvalidInputError(
                    f"{table.where(i, name)}: {shown(cell)!r} is not a number (decimal mark "
                    f"{table.dialect.decimal!r}); correct it, or if it means that the experiment "
                    "failed, say so with "
                    f'--failed "{shown(cell)}"'
                )
    status = np.where(np.isfinite(Y).any(axis=1), "complete", "pending")
    status[failed[:, 0] | (failed.any(axis=1) & (status == "pending"))] = "failed"
    return Y, status


def check_outcomes(table: Table, goals: Goals) -> None:
    """Check that every outcome is a column.

    Raises:
        InvalidInputError: one is not; the message names near ones.
    """
    from difflib import get_close_matches

    for name in goals.outcomes:
        if name not in table.columns:
            near = get_close_matches(name, table.columns, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(map(repr, table.columns))}"
            raise InvalidInputError(f"{table.path.name} has no result column {name!r}; {hint}")
