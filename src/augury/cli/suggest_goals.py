"""What `augury suggest` is asked for: goals, limits, rules, and the columns of accuracy and cost."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from augury.errors import InvalidInputError

if TYPE_CHECKING:
    from augury.space.goal import Goal
    from augury.space.goals import Goals
    from augury.study.sheet.accuracy import Accuracy
    from augury.study.sheet.table import Table

_LIMIT_FORM = '"COLUMN <= NUMBER" or "COLUMN >= NUMBER"'


def read_goals(texts: list[str], limits: list[str]) -> Goals:
    """The goals that `--goal` and `--limit` texts give.

    Raises:
        InvalidInputError: a text of another form, or an outcome named twice.
    """
    from augury.space.goal import Constraint, goal_of
    from augury.space.goals import Goals

    objectives = [_read(goal_of, "--goal", text, "max:COLUMN or min:COLUMN") for text in texts]
    constraints = [_read(goal_of, "--limit", text, _LIMIT_FORM) for text in limits]
    for text, given in zip(texts, objectives, strict=True):
        if isinstance(given, Constraint):
            raise InvalidInputError(
                f"--goal {text!r}: write max:COLUMN or min:COLUMN; a limit is given with --limit"
            )
    for text, given in zip(limits, constraints, strict=True):
        if not isinstance(given, Constraint):
            raise InvalidInputError(f"--limit {text!r}: write {_LIMIT_FORM}")
    return Goals([*objectives, *constraints])


def _read(goal_of: Callable[[str], Goal], option: str, text: str, form: str) -> Goal:
    try:
        return goal_of(text)
    except InvalidInputError:
        raise InvalidInputError(f"{option} {text!r}: write {form}") from None


def split_constraints(
    texts: list[str], table: Table, goals: Goals, space_file: Path, candidates: Path | None
) -> tuple[list[str], list[str]]:
    """`--constraint` texts as rules between settings and limits on measured results, told apart by name.

    A text that bounds one column is a limit when that column cannot be a setting: the space file (or the
    table of candidates) has no such setting, or, before there is one, some of its cells are empty; and when
    it has no other goal.

    Returns:
        The rules, and the limits.
    """
    settings = _settings(space_file, candidates)
    limits = [text for text in texts if _is_limit(text, table, goals.outcomes, settings)]
    return [text for text in texts if text not in limits], limits


def _settings(space_file: Path, candidates: Path | None) -> Collection[str] | None:
    """The settings that are laid down, None before they are."""
    import os

    from augury.study.sheet.space_file import read_space_file
    from augury.study.sheet.table import read_table

    if candidates is not None:
        return list(read_table(candidates).columns)
    if not os.path.lexists(space_file):
        return None
    file = read_space_file(space_file)
    return [*file.parameters, *([] if file.remainder is None else [file.remainder.name])]


def _is_limit(text: str, table: Table, results: Collection[str], settings: Collection[str] | None) -> bool:
    from augury.space.goal import Constraint, goal_of

    try:
        given = goal_of(text)
    except InvalidInputError:
        return False
    if not isinstance(given, Constraint) or given.name not in table.columns or given.name in results:
        return False
    if settings is not None:
        return given.name not in settings
    return any(cell is None for cell in table.columns[given.name])


def read_accuracy(stderrs: list[str], cost: str | None) -> Accuracy:
    """The columns that `--stderr RESULT=COLUMN` and `--cost COLUMN` name.

    Raises:
        InvalidInputError: a text of another form, or a result named twice.
    """
    from augury.study.sheet.accuracy import Accuracy

    columns: dict[str, str] = {}
    for text in stderrs:
        name, equals, column = text.partition("=")
        if not (name.strip() and equals and column.strip()):
            raise InvalidInputError(f"--stderr {text!r}: write RESULT=COLUMN, such as yield=yield_sd")
        if name.strip() in columns:
            raise InvalidInputError(f"--stderr: {name.strip()!r} is given two columns; give one")
        columns[name.strip()] = column.strip()
    return Accuracy(columns, cost)
