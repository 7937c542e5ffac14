"""Array parameter: a field on a grid, a profile, a mask; one value for each place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.float import Float
from augury.space.int import Int
from augury.space.parameter import is_integer
from augury.space.parameters import parameter_from_dict, parameter_of

MOST_ENTRIES = 10_000


@final
class Array:
    """Numbers on a regular grid, which trials hold as a NumPy array.

    Every entry is a parameter of its own, a column of the encoding: those of `Array((2, 3), (0.0, 1.0))`
    under the name `field` are `field[0,0]`, `field[0,1]`, ..., the last index fastest. Constraints name them
    so, between backticks.

        Space({"density": Array((8, 8), (0.0, 1.0)), "load": (1.0, 5.0)})

    Args:
        shape: lengths of the axes.
        entries: what each entry is: Float, Int, or the short form of one (two numbers).

    Raises:
        InvalidInputError: lengths that are not whole and positive, more than 10,000 entries, or entries that
            are not numbers.
        NotSupportedError: entries with a role or a condition.
    """

    def __init__(self, shape: int | Sequence[int], entries: Any) -> None:
        lengths: list[Any] = list(shape) if isinstance(shape, (tuple, list)) else [shape]
        if not lengths or not all(is_integer(length) and length > 0 for length in lengths):
            raise InvalidInputError(f"shape={shape!r} must be the positive lengths of the axes")
        self.shape: tuple[int, ...] = tuple(int(length) for length in lengths)
        if prod(self.shape) > MOST_ENTRIES:
            raise InvalidInputError(f"shape={shape!r} has more than {MOST_ENTRIES} entries")
        entry = parameter_of(entries)
        if not isinstance(entry, (Float, Int)):
            raise InvalidInputError(f"the entries of an array are Float or Int, not {entry!r}")
        if entry.role != "design" or entry.active_if is not None:
            raise NotSupportedError(f"the entries of an array are free design parameters, not {entry!r}")
        self.entry: Float | Int = entry

    def names(self, name: str) -> list[str]:
        """Names of the entries of the array that is called `name`."""
        return [entry_name(name, index) for index in np.ndindex(self.shape)]

    def check(self, value: Any) -> NDArray[Any]:
        """The value as an array of this shape; its entries are not looked at.

        Raises:
            InvalidInputError: another shape.
        """
        given = np.asarray(value, dtype=object)
        if given.shape != self.shape:
            raise InvalidInputError(
                f"the array has the shape {' x '.join(map(str, self.shape))}, not {given.shape}"
            )
        return given

    def of(self, values: Sequence[Any]) -> NDArray[Any]:
        """The array of its entries' values, in the order of `names`."""
        kind = np.int64 if isinstance(self.entry, Int) else np.float64
        return np.array(values, dtype=kind).reshape(self.shape)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able schema: that of an entry, with the shape."""
        return {"type": "array", "shape": list(self.shape), "entries": self.entry.to_dict()}

    @classmethod
    def from_dict(cls, schema: Mapping[str, Any]) -> Array:
        """An array from what `to_dict` gave.

        Raises:
            InvalidInputError: unknown or missing options.
        """
        options = {name: value for name, value in schema.items() if name != "type"}
        if set(options) != {"shape", "entries"} or not isinstance(options["entries"], Mapping):
            raise InvalidInputError(f"{dict(schema)!r} is no array: it needs shape and entries")
        return cls(options["shape"], parameter_from_dict(options["entries"]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Array) and self.shape == other.shape and self.entry == other.entry

    def __hash__(self) -> int:
        return hash((self.shape, self.entry))

    def __repr__(self) -> str:
        return f"Array({self.shape}, {self.entry!r})"


def entry_name(name: str, index: tuple[int, ...]) -> str:
    """The name of one entry of an array."""
    return f"{name}[{','.join(map(str, index))}]"
