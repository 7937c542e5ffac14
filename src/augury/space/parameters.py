"""The kinds of parameters, their short forms, and their schema.

Float(-5.0, 10.0)             (-5.0, 10.0)        two numbers, one of them a float
Int(1, 16)                    (1, 16)             two whole numbers
Categorical(["DMF", "DMAc"])  ["DMF", "DMAc"]     a list
Categorical([1, 2, 4], ordered=True)  [1, 2, 4]   a list of increasing numbers is ordered
Fixed(3)                      3                   a constant
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from inspect import signature
from itertools import pairwise
from typing import Any

from augury.errors import InvalidInputError
from augury.space.categorical import Categorical
from augury.space.fixed import Fixed
from augury.space.float import Float
from augury.space.int import Int
from augury.space.parameter import Parameter, is_real

__all__ = [
    "Categorical",
    "Fixed",
    "Float",
    "Int",
    "Parameter",
    "named_parameters",
    "parameter_from_dict",
    "parameter_of",
]

_TYPES: dict[str, type[Parameter]] = {
    "float": Float,
    "int": Int,
    "categorical": Categorical,
    "fixed": Fixed,
}


def parameter_of(given: Any) -> Parameter:
    """A parameter from itself or its short form.

    Raises:
        InvalidInputError: not a parameter and not a short form.
    """
    if isinstance(given, Parameter):
        return given
    if isinstance(given, tuple):
        if len(given) != 2 or not all(map(is_real, given)):
            raise InvalidInputError(
                f"{given!r} is not a pair (low, high) of numbers; for a choice use a list"
            )
        return Float(*given) if any(isinstance(bound, float) for bound in given) else Int(*given)
    if isinstance(given, list):
        return Categorical(given, ordered=_increasing_numbers(given))
    if isinstance(given, (str, bool)) or is_real(given):
        return Fixed(given)
    raise InvalidInputError(
        f"{given!r} is not a parameter: give Float, Int, Categorical or Fixed, a pair (low, high), a list of "
        "choices, or a constant"
    )


def named_parameters(given: Mapping[str, Any]) -> dict[str, Parameter]:
    """The parameters of a mapping from names to parameters or short forms.

    Raises:
        InvalidInputError: not a mapping, a bad name, or what `parameter_of` refuses.
    """
    if not isinstance(given, Mapping):
        raise InvalidInputError(f"parameters must map names to parameters, not be {given!r}")
    return {name: _named(name, one) for name, one in given.items()}


def _named(name: Any, given: Any) -> Parameter:
    if not isinstance(name, str) or not name.strip():
        raise InvalidInputError(f"a parameter has the name {name!r}; names are non-empty text")
    if "`" in name:
        raise InvalidInputError(f"parameter {name!r}: a name cannot hold a backtick")
    try:
        return parameter_of(given)
    except InvalidInputError as error:
        raise InvalidInputError(f"parameter {name!r}: {error}") from None


def _increasing_numbers(values: list[Any]) -> bool:
    return all(map(is_real, values)) and all(a < b for a, b in pairwise(values))


def parameter_from_dict(schema: Mapping[str, Any]) -> Parameter:
    """A parameter from what its `to_dict` gave.

    Raises:
        InvalidInputError: an unknown type, or unknown or missing options.
    """
    options = dict(schema)
    kind = _TYPES.get(str(options.pop("type", None)))
    if kind is None:
        types = ", ".join(map(repr, _TYPES))
        raise InvalidInputError(f"type={schema.get('type')!r} is unknown; choose one of {types}")
    allowed = list(signature(kind).parameters)
    for key in options:
        if key not in allowed:
            near = get_close_matches(key, allowed, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise InvalidInputError(
                f"{schema['type']} has the unknown option {key!r}; {hint}Its options are {', '.join(allowed)}"
            )
    try:
        return kind(**options)
    except TypeError as error:
        raise InvalidInputError(f"{dict(schema)!r} is not a {schema['type']} parameter: {error}") from error
