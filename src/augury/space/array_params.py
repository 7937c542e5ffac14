"""Params with arrays, and the same with every entry by its own name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, final

import numpy as np

from augury.errors import InvalidInputError
from augury.space.array import Array, entry_name
from augury.space.parameter import Parameter
from augury.space.parameters import named_parameters


def entries(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The params with each array as its entries, `field[0,0]` ..., in the array's place."""
    if not any(isinstance(value, np.ndarray) for value in params.values()):
        return params
    result: dict[str, Any] = {}
    for name, value in params.items():
        if isinstance(value, np.ndarray):
            flat = value.reshape(-1).tolist()
            names = (entry_name(name, index) for index in np.ndindex(value.shape))
            result |= zip(names, flat, strict=True)
        else:
            result[name] = value
    return result


def as_lists(params: Mapping[str, Any]) -> dict[str, Any]:
    """The params as JSON can hold them: arrays as lists of lists."""
    return {name: one.tolist() if isinstance(one, np.ndarray) else one for name, one in params.items()}


def from_lists(params: Mapping[str, Any]) -> dict[str, Any]:
    """The params that `as_lists` gave; no other parameter's value is a list."""
    return {name: np.array(one) if isinstance(one, list) else one for name, one in params.items()}


@final
class Arrays(Mapping[str, Array]):
    """The arrays among the parameters of a space.

    Args:
        arrays: by name.
    """

    def __init__(self, arrays: Mapping[str, Array] | None = None) -> None:
        self._arrays = dict(arrays or {})
        self._entries = {name: array.names(name) for name, array in self._arrays.items()}
        self._owner = {entry: name for name, own in self._entries.items() for entry in own}

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def entries_of(self, name: str) -> list[str]:
        """Names of the entries of an array."""
        return self._entries[name]

    def grouped(self, parameters: Mapping[str, Parameter]) -> dict[str, Parameter | Array]:
        """Parameters of single numbers, with arrays in the place of their entries."""
        result: dict[str, Parameter | Array] = {}
        for entry, parameter in parameters.items():
            name = self._owner.get(entry)
            result[entry if name is None else name] = parameter if name is None else self._arrays[name]
        return result

    def split(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Params by single entries; those that have entries already are taken as they are.

        Raises:
            InvalidInputError: an array of another shape.
        """
        if not self._arrays or not isinstance(params, Mapping):
            return params
        return entries({name: self._checked(name, value) for name, value in params.items()})

    def joined(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Params of single entries with the arrays whose entries are all there."""
        if not self._arrays:
            return dict(params)
        result: dict[str, Any] = {}
        for entry, value in params.items():
            name = self._owner.get(entry)
            own = [] if name is None else self._entries[name]
            if name is None or not all(one in params for one in own):
                result[entry] = value
            elif name not in result:
                result[name] = self._arrays[name].of([params[one] for one in own])
        return result

    def _checked(self, name: str, value: Any) -> Any:
        if name not in self._arrays:
            return value
        try:
            return self._arrays[name].check(value)
        except InvalidInputError as error:
            raise InvalidInputError(f"parameter {name!r}: {error}") from None


def with_arrays(given: Mapping[str, Any]) -> tuple[dict[str, Parameter], Arrays]:
    """The parameters of a mapping, arrays as their entries; and the arrays.

    Raises:
        InvalidInputError: what `named_parameters` refuses, or an entry's name that is taken.
    """
    if not isinstance(given, Mapping) or not any(isinstance(one, Array) for one in given.values()):
        return named_parameters(given), Arrays()
    # a constant stands for each array: what a name may be is told there
    checked = named_parameters({name: 0 if isinstance(one, Array) else one for name, one in given.items()})
    arrays = Arrays({name: one for name, one in given.items() if isinstance(one, Array)})
    result: dict[str, Parameter] = {}
    for name, parameter in checked.items():
        new = (
            dict.fromkeys(arrays.entries_of(name), arrays[name].entry)
            if name in arrays
            else {name: parameter}
        )
        taken = [one for one in new if one in result or (one in checked and one != name)]
        if taken:
            raise InvalidInputError(f"parameter {taken[0]!r} is there twice: as itself and in an array")
        result |= new
    return result, arrays
