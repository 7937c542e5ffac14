"""A person's table in, the next experiments out; the table is forgotten when the answer is sent.

The same steps as `augury suggest`, whose space file stands here for what the person has ticked and bounded.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from augury.errors import InvalidInputError
from augury.space.goal import Constraint, Goal, Maximize, Minimize
from augury.space.goals import Goals
from augury.space.parameter import Parameter
from augury.space.space import Space
from augury.study.sheet.cells import Number, shown
from augury.study.sheet.definition import Definition
from augury.study.sheet.mixture import Remainder
from augury.study.sheet.table import Table
from augury.web.answers import text_of, whole_of
from augury.web.uploaded_table import for_the_page, uploaded_table

MOST_SUGGESTIONS = 100
_PREVIEW = 8


def read(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a table: what is in them, and whether they can be settings.

    Args:
        body: `name` of the file, `data` in base64.

    Raises:
        InvalidInputError: no table that can be read.
    """
    from augury.study.sheet.roles import set_aside

    with uploaded_table(body) as table:
        reasons = set_aside(table, [])
        return {
            "name": table.path.name,
            "rows": table.n,
            "note": table.note,
            "columns": [_column(name, table, reasons.get(name)) for name in table.columns],
            "preview": [
                [shown(cells[row]) for cells in table.columns.values()]
                for row in range(min(table.n, _PREVIEW))
            ],
        }


def define(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the columns are taken for, given which of them are results.

    Args:
        body: as for `read`, with `goals` (a list of `{name, kind: maximize | minimize | limit, lower,
            upper}`) and `ignore` (columns that are no settings).
    """
    with uploaded_table(body) as table:
        goals = _goals(body)
        definition = _inferred(table, goals, _texts(body, "ignore"))
        return _definition_document(definition)


def suggest(body: Mapping[str, Any]) -> dict[str, Any]:
    """The next experiments.

    Args:
        body: as for `define`, with `inputs` (setting -> its schema, as `define` returned it or changed),
            `constraints` (rules between settings), `n` and `seed`.

    Returns:
        What `augury suggest --json` prints, the table of next experiments (`header`, `rows`; as `file` in
        base64, in the format of the person's own) and the space file (`space_file_text`).
    """
    from augury.study.sheet.account import Outcome, to_dict
    from augury.study.sheet.advice import advise, read_experiments
    from augury.study.sheet.definition import from_file
    from augury.study.sheet.next_table import next_table
    from augury.study.sheet.outcomes import check_outcomes
    from augury.study.sheet.space_file import space_path
    from augury.study.sheet.writing import format_cell, next_path, render

    n = whole_of(body, "n", 1, MOST_SUGGESTIONS, 1)
    seed = whole_of(body, "seed", 0, 2**31 - 1, 0)
    with uploaded_table(body) as table:
        goals = _goals(body)
        check_outcomes(table, goals)
        text = _space_text(table, goals, body)
        path = space_path(table.path)
        path.write_text(text, encoding="utf-8")
        definition = from_file(path, table, goals.outcomes)
        experiments = read_experiments(table, definition, goals, [])
        advice = advise(experiments, definition, goals, table, n, seed=seed)
        names, rows = next_table(table, definition, goals, advice.suggestions)
        target = next_path(table.path)
        content = render(target, names, rows, table.dialect)
        outcome = Outcome(
            table, goals, definition, experiments, advice, n, Path(target.name), Path(path.name)
        )
        return to_dict(outcome) | {
            "header": names,
            "rows": [[format_cell(cell, ".") for cell in row] for row in rows],
            "file": base64.b64encode(content).decode(),
            "space_file_text": text,
        }


def _column(name: str, table: Table, reason: str | None) -> dict[str, Any]:
    from augury.study.sheet.inference import column_parameter

    cells = table.columns[name]
    try:
        schema, problem = column_parameter(table, name).to_dict(), None
    except InvalidInputError as error:
        schema, problem = None, for_the_page(str(error))
    filled = [cell for cell in cells if cell is not None]
    numbers = [cell for cell in filled if isinstance(cell, Number)]
    return {
        "name": name,
        "kind": "numbers" if numbers and 2 * len(numbers) > len(filled) else "text",
        "filled": len(filled),
        "different": len({shown(cell) for cell in filled}),
        "example": shown(filled[0]) if filled else "",
        "aside": reason,
        "schema": schema,
        "problem": problem,
    }


def _goals(body: Mapping[str, Any]) -> Goals:
    """The goals of a request.

    Raises:
        InvalidInputError: none, or one that is not well-formed.
    """
    given = body.get("goals")
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise InvalidInputError("'goals' must be a list")
    return Goals([_goal(one) for one in given])


def _goal(given: Any) -> Goal:
    if not isinstance(given, Mapping):
        raise InvalidInputError("a goal must be an object with a name and a kind")
    name, kind = text_of(given, "name"), text_of(given, "kind")
    if kind == "limit":
        return Constraint(name, lower=given.get("lower"), upper=given.get("upper"))
    if kind not in ("maximize", "minimize"):
        raise InvalidInputError(f"a goal's kind is maximize, minimize or limit, not {kind!r:.40}")
    return Maximize(name) if kind == "maximize" else Minimize(name)


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    given = body.get(name) or []
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise InvalidInputError(f"{name!r} must be a list of texts")
    return given


def _inferred(table: Table, goals: Goals, ignore: list[str]) -> Definition:
    from augury.study.sheet.definition import from_table
    from augury.study.sheet.outcomes import check_outcomes
    from augury.study.sheet.space_file import space_path

    check_outcomes(table, goals)
    return from_table(table, goals.outcomes, space_path(table.path), ignore=ignore)


def _definition_document(definition: Definition) -> dict[str, Any]:
    space = definition.space
    return {
        "inputs": {name: parameter.to_dict() for name, parameter in space.parameters.items()},
        "rest": None if definition.remainder is None else definition.remainder.name,
        "rest_text": None if definition.remainder is None else definition.remainder.text,
        "constraints": list(space.constraints),
        "aside": definition.aside,
        "guessed": list(definition.guessed),
        "notes": [for_the_page(note) for note in definition.notes],
    }


def _space_text(table: Table, goals: Goals, body: Mapping[str, Any]) -> str:
    """The space file that says what the person has ticked and bounded."""
    from augury.space.schema import SCHEMA_VERSION
    from augury.study.sheet.definition import quote_names
    from augury.study.sheet.space_file import SpaceFile, render_space_file, space_path

    inputs = body.get("inputs")
    if not isinstance(inputs, Mapping) or not inputs:
        raise InvalidInputError("tick at least one column as an input")
    pairs = [[name, _mapping(name, given)] for name, given in inputs.items()]
    parameters = Space.from_dict({"version": SCHEMA_VERSION, "parameters": pairs}).parameters
    if not all(name in table.columns for name in parameters):
        raise InvalidInputError("an input must be a column of the table")
    remainder = _remainder(table, parameters, body.get("rest"))
    used = {*parameters, *goals.outcomes, *([remainder.name] if remainder else [])}
    rules = quote_names(_texts(body, "constraints"), parameters)
    file = SpaceFile(parameters, rules, [name for name in table.columns if name not in used], {}, remainder)
    return render_space_file(file, table, goals.outcomes, space_path(table.path))


def _remainder(table: Table, parameters: Mapping[str, Parameter], rest: Any) -> Remainder | None:
    """The setting called `rest`, where it still makes up what the inputs leave of a mixture."""
    from augury.study.sheet.inference import column_parameter
    from augury.study.sheet.mixture import find_remainder

    if rest is None or rest in parameters:
        return None
    if not isinstance(rest, str) or rest not in table.columns:
        raise InvalidInputError("'rest' must be a column of the table")
    parts = {
        name: parameters[name] if name in parameters else column_parameter(table, name)
        for name in table.columns
        if name in parameters or name == rest
    }
    found = find_remainder(table, parts)
    return found if found is not None and found.name == rest else None


def _mapping(name: str, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, Mapping) or "active_if" in given:
        raise InvalidInputError(f"setting {name!r}: its range must be an object")
    return given
