"""Reading the tables of a TOML file, with errors that say what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from augury.errors import InvalidInputError


def table(content: Mapping[str, Any], name: str, required: bool = False) -> dict[str, Any]:
    """One table of a file, empty when it is not there.

    Raises:
        InvalidInputError: it is no table, or required and missing.
    """
    found = content.get(name, {})
    if not isinstance(found, dict):
        raise InvalidInputError(f"{name} is {found!r}; it must be a table, [{name}]")
    if required and not found:
        raise InvalidInputError(f"the table [{name}] is missing or empty")
    return found


def tables(content: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The tables that share a heading [[name]].

    Raises:
        InvalidInputError: they are no tables.
    """
    found = content.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InvalidInputError(f"each {name} is a table of its own, headed [[{name}]]")
    return found


def check_keys(where: str, table: Mapping[str, Any], allowed: Collection[str]) -> None:
    """Refuses a key that the table has not.

    Raises:
        InvalidInputError: which, and the nearest one allowed.
    """
    for key in table:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, 1, cutoff=0.0)[0]
            raise InvalidInputError(
                f"{where} has the unknown key {key!r}; did you mean {near!r}? Allowed: {', '.join(allowed)}"
            )


def check_type(where: str, table: Mapping[str, Any], key: str, kind: Any, text: str) -> None:
    """Refuses a value of another type than the key holds.

    Raises:
        InvalidInputError: what was given, and what it must be.
    """
    if key in table and (not isinstance(table[key], kind) or isinstance(table[key], bool)):
        raise InvalidInputError(f"{where} {key} is {table[key]!r}; it must be {text}")
