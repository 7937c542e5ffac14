"""The table of next experiments: the columns of the user's own table, then what to expect and why."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, isfinite, log10
from typing import Any

from augury.space.goals import Goals
from augury.study.sheet.advice import Suggestion
from augury.study.sheet.cells import label, shown
from augury.study.sheet.definition import Definition
from augury.study.sheet.roles import DISTANCE, PREDICTED, SAME, STD, WHY, WRITTEN
from augury.study.sheet.table import Table


def next_table(
    table: Table, definition: Definition, goals: Goals, suggestions: Sequence[Suggestion]
) -> tuple[list[str], list[list[Any]]]:
    """The header and the rows of the table of next experiments.

    Its rows can be copied below the user's own: the same columns in the same order, the results empty.

    Args:
        table: the experiments.
        definition: the space, and which columns are set aside.
        goals: the outcomes, each of which gets a predicted mean and a standard deviation.
        suggestions: the rows.
    """
    own = [name for name in table.columns if definition.aside.get(name) != WRITTEN]
    settings = [name for name in definition.settings if name not in own]
    extras = [list(definition.extras(one.params).items()) for one in suggestions]
    other = [name for name, _ in extras[0] if name not in own] if extras else []
    predicted = [name for name in goals.outcomes if any(name in one.prediction.mean for one in suggestions)]
    far = [DISTANCE] if any(one.prediction.distance is not None for one in suggestions) else []
    names = [
        *own,
        *settings,
        *other,
        *(mark.format(name) for name in predicted for mark in (PREDICTED, STD)),
        *far,
        WHY,
    ]
    rows = []
    for one, extra in zip(suggestions, extras, strict=True):
        known = _same(table, definition, one) | dict(extra) | one.params
        known |= dict.fromkeys(goals.outcomes)
        row = [known.get(name) for name in (*own, *settings, *other)]
        for name in predicted:
            row += rounded_prediction(one.prediction.mean.get(name), one.prediction.std.get(name))
        distance = one.prediction.distance
        row += [None if distance is None else float(f"{distance:.3g}") for _ in far]
        rows.append([*row, one.prediction.reason])
    return names, rows


def rounded_prediction(mean: float | None, std: float | None) -> tuple[float | None, float | None]:
    """A mean and its standard deviation, to the second digit of the standard deviation."""
    if mean is None or not isfinite(mean):
        return None, None
    if std is None or not isfinite(std) or std <= 0:
        return float(f"{mean:.6g}"), std if std == 0 else None
    digits = decimals_of(std)
    return round(mean, digits), round(std, digits)


def decimals_of(std: float) -> int:
    """The decimals worth giving: as far as the second digit of the standard deviation."""
    return 1 - floor(log10(std))


def _same(table: Table, definition: Definition, suggestion: Suggestion) -> dict[str, Any]:
    """The cells of columns that say the same as a setting (the SMILES of a named ligand)."""
    cells: dict[str, Any] = {}
    for name, reason in definition.aside.items():
        setting = next((s for s in suggestion.params if reason == SAME.format(s)), None)
        if setting is None or name not in table.columns:
            continue
        for row, cell in enumerate(table.columns[setting]):
            if shown(cell) == str(suggestion.params[setting]):
                cells[name] = label(table.columns[name][row])
                break
    return cells
