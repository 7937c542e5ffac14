"""Schema: the versioned JSON form of a Space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from augury.errors import InvalidInputError
from augury.space.array import Array
from augury.space.array_params import Arrays, with_arrays
from augury.space.parameter import Parameter
from augury.space.parameters import parameter_from_dict
from augury.space.table import Table

if TYPE_CHECKING:
    from augury.space.space import Space

SCHEMA_VERSION = 1


class Definition(NamedTuple):
    """What a Space is made from: parameters, constraints, its table if it is one, and arrays."""

    parameters: Mapping[str, Parameter]
    constraints: list[str]
    table: Table | None
    arrays: Arrays


def space_to_dict(space: Space, table: Table | None) -> dict[str, Any]:
    """JSON-able, versioned schema of a space; what `restrict` holds is left out."""
    schema: dict[str, Any] = {"version": SCHEMA_VERSION}
    if table is not None:
        schema["table"] = table.to_dict()
    else:
        # a list of pairs, because databases may re-order the keys of a JSON object
        schema["parameters"] = [
            [name, p.to_dict()] for name, p in space.arrays.grouped(space.parameters).items()
        ]
    if space.constraints:
        schema["constraints"] = list(space.constraints)
    return schema


def definition_from_dict(schema: Mapping[str, Any]) -> Definition:
    """What the Space of a schema is made from.

    Raises:
        InvalidInputError: a schema of a newer version, or malformed.
    """
    version = _mapping(schema, "the schema of the space").get("version")
    if version != SCHEMA_VERSION:
        raise InvalidInputError(
            f"this space has schema version {version!r}; this augury reads version "
            f"{SCHEMA_VERSION}: update augury"
        )
    constraints = _texts(schema.get("constraints", []), "constraints")
    if "table" in schema:
        table = _table(_mapping(schema["table"], "the table"))
        return Definition(table.choices, constraints, table, Arrays())
    if "parameters" not in schema:
        raise InvalidInputError("the schema of the space has neither parameters nor a table")
    pairs = _pairs(schema["parameters"], "parameters")
    parameters, arrays = with_arrays({name: _parameter(name, given) for name, given in pairs.items()})
    return Definition(parameters, constraints, None, arrays)


def _table(schema: Mapping[str, Any]) -> Table:
    missing = {"columns", "descriptors", "parameters"} - set(schema)
    if missing:
        raise InvalidInputError(f"the table in the schema of the space lacks {', '.join(sorted(missing))}")
    understood = _mapping(schema["parameters"], "the parameters of the table")
    return Table(
        {
            name: _list(cells, f"column {name!r}")
            for name, cells in _pairs(schema["columns"], "columns").items()
        },
        _texts(schema["descriptors"], "descriptors"),
        {name: _parameter(name, given) for name, given in understood.items()},
    )


def _parameter(name: str, given: Any) -> Any:
    """A parameter or an array."""
    try:
        schema = _mapping(given, "its schema")
        return Array.from_dict(schema) if schema.get("type") == "array" else parameter_from_dict(schema)
    except InvalidInputError as error:
        raise InvalidInputError(f"parameter {name!r}: {error}") from None


def _mapping(given: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidInputError(f"{what} must be a JSON object, not {given!r}")
    return given


def _list(given: Any, what: str) -> list[Any]:
    if not isinstance(given, (list, tuple)):
        raise InvalidInputError(f"{what} must be a list, not {given!r}")
    return list(given)


def _texts(given: Any, what: str) -> list[str]:
    texts = _list(given, what)
    if not all(isinstance(text, str) for text in texts):
        raise InvalidInputError(f"{what} must be a list of texts, not {given!r}")
    return texts


def _pairs(given: Any, what: str) -> dict[str, Any]:
    """The content of a list of [name, content], each name once."""
    pairs = _list(given, what)
    if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in pairs):
        raise InvalidInputError(f"{what} must be a list of pairs of a name and its content")
    names = _texts([name for name, _ in pairs], f"the names in {what}")
    if len(set(names)) < len(names):
        raise InvalidInputError(f"{what} has a name twice: {names!r}")
    return dict(pairs)
