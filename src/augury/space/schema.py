"""Schema: reading back the versioned JSON form of a Space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augury.errors import InvalidInputError
from augury.space.parameters import parameter_from_dict
from augury.space.space import SCHEMA_VERSION, Space


def space_from_dict(schema: Mapping[str, Any]) -> Space:
    """A Space from what `Space.to_dict` gave.

    Raises:
        InvalidInputError: a schema of a newer version, or malformed.
    """
    version = schema.get("version")
    if version != SCHEMA_VERSION:
        raise InvalidInputError(
            f"this space has schema version {version!r}; this augury reads version "
            f"{SCHEMA_VERSION}: update augury"
        )
    constraints = schema.get("constraints", ())
    if "table" in schema:
        table = schema["table"]
        understood = {name: parameter_from_dict(given) for name, given in table["parameters"].items()}
        return Space.from_table(
            dict(table["columns"]),
            descriptors=table["descriptors"],
            parameters=understood,
            constraints=constraints,
        )
    if "parameters" not in schema:
        raise InvalidInputError("the schema of the space has neither parameters nor a table")
    parameters = {name: parameter_from_dict(given) for name, given in schema["parameters"]}
    return Space(parameters, constraints=constraints)
