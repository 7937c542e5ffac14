"""The `[space]` table of a study file.

    [space]
    temperature = {low = 20.0, high = 120.0}         # Float: a bound has a decimal point (or type = "float")
    stages = {low = 1, high = 16}                    # Int: both bounds are whole (or type = "int")
    rate = {low = 1e-5, high = 1.0, log = true}
    solvent = ["DMF", "DMAc"]                        # Categorical
    grade = {values = ["low", "mid", "high"], ordered = true}
    mesh = {values = ["coarse", "fine"], role = "fidelity", cost = [1, 20]}
    layers = [1, 2, 4, 8]                            # increasing numbers: an ordered Categorical
    pressure = 3.0                                   # Fixed
    density = {shape = [8, 8], low = 0.0, high = 1.0}   # Array: the other keys are those of an entry
    constraints = ["temperature + 5*stages <= 150"]

Every option of a parameter is a key of its inline table. `constraints` is the one reserved key, and only
where it holds a list: a parameter of that name is written as an inline table. A list of two numbers is
refused, because it could mean bounds or choices.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from augury.errors import AuguryError, InvalidInputError, NotSupportedError
from augury.space.array import Array
from augury.space.parameter import Parameter, is_real
from augury.space.parameters import Categorical, Fixed, parameter_from_dict, parameter_of
from augury.space.space import Space

if TYPE_CHECKING:
    from tomlkit.items import Table

_CONSTRAINTS = "constraints"
_SHAPE = "shape"


def space_from_toml(mapping: Mapping[str, Any], where: str = "[space]") -> Space:
    """The Space that a TOML table describes.

    Args:
        mapping: the parsed table (of tomllib or tomlkit).
        where: the table's name, for messages.

    Raises:
        InvalidInputError: anything that is not a space; the message names the table and the parameter.
    """
    content = dict(mapping.unwrap() if hasattr(mapping, "unwrap") else mapping)
    constraints: list[str] = []
    try:
        if isinstance(content.get(_CONSTRAINTS), (list, str)):
            constraints = content.pop(_CONSTRAINTS)
        return Space(
            {name: _parameter(name, given) for name, given in content.items()}, constraints=constraints
        )
    except AuguryError as error:
        raise type(error)(f"{where}: {error}") from None


def _parameter(name: str, given: Any) -> Parameter | Array:
    try:
        if isinstance(given, Mapping) and _SHAPE in given:
            entry = {key: value for key, value in given.items() if key != _SHAPE}
            return Array(given[_SHAPE], parameter_from_dict({"type": _kind(entry), **entry}))
        if isinstance(given, Mapping):
            return parameter_from_dict({"type": _kind(given), **given})
        if isinstance(given, list) and len(given) == 2 and all(map(is_real, given)):
            raise InvalidInputError(
                f"{given!r} could mean bounds or choices; write {{low = {given[0]}, high = {given[1]}}} or "
                f"{{values = {given}, ordered = true}}"
            )
        return parameter_of(given)
    except InvalidInputError as error:
        raise InvalidInputError(f"parameter {name!r}: {error}") from None


def _kind(options: Mapping[str, Any]) -> str:
    """The type that the keys of an inline table imply."""
    if "values" in options:
        return "categorical"
    if "value" in options:
        return "fixed"
    if "low" in options and "high" in options:
        bounds = (options["low"], options["high"])
        return "float" if any(isinstance(bound, float) for bound in bounds) else "int"
    raise InvalidInputError(f"{dict(options)!r} needs low and high, or values, or value")


def space_to_toml(space: Space) -> Table:
    """The TOML table that describes a space; `space_from_toml` reads it back equal.

    Raises:
        NotSupportedError: the space is a table of candidates, which stays in its own file.
    """
    import tomlkit

    if space.candidates is not None:
        raise NotSupportedError(
            "a table of candidates is not written into a study file; keep it in a file of its own"
        )
    table = tomlkit.table()
    for name, parameter in space.arrays.grouped(space.parameters).items():
        short = None if name == _CONSTRAINTS else _short(parameter)
        table.add(tomlkit.key(name), tomlkit.item(short if short is not None else _inline(parameter)))
    if space.constraints:
        table.add(_CONSTRAINTS, tomlkit.item(space.constraints))
    return table


def _short(parameter: Parameter | Array) -> Any:
    """The short form that `_parameter` reads back as the same parameter, None if there is none."""
    if isinstance(parameter, Fixed):
        return parameter.value
    if isinstance(parameter, Categorical):
        values = list(parameter.values)
        ambiguous = len(values) == 2 and all(map(is_real, values))
        return values if not ambiguous and parameter_of(values) == parameter else None
    return None


def _inline(parameter: Parameter | Array) -> Any:
    """The parameter as an inline table; its type is left out where the other keys imply it."""
    import tomlkit

    options = (parameter.entry if isinstance(parameter, Array) else parameter).to_dict()
    kind = options.pop("type")
    inline = tomlkit.inline_table()
    if isinstance(parameter, Array):
        inline.update({_SHAPE: list(parameter.shape)})
    inline.update(options if _kind(options) == kind else {"type": kind, **options})
    return inline
