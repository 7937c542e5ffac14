"""Encoded columns: the columns of a Space, their levels and bounds, and params to coordinates and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from augury.errors import InvalidInputError
from augury.space.categorical import Categorical
from augury.space.encoding import Encoding
from augury.space.fixed import Fixed
from augury.space.parameter import MAX_LEVELS, Parameter, checked
from augury.space.scales import Array

if TYPE_CHECKING:
    import torch


class EncodedColumns:
    """One column for every parameter that is not Fixed.

    Args:
        inputs: name -> parameter, of the choices and of the descriptors of a table.

    Attributes:
        names: names of the columns.
        parameters: their parameters.
    """

    def __init__(self, inputs: Mapping[str, Parameter]) -> None:
        self._inputs = list(inputs)
        self._constants = {name: p for name, p in inputs.items() if isinstance(p, Fixed)}
        self.names: list[str] = [name for name in inputs if name not in self._constants]
        self.parameters: list[Parameter] = [inputs[name] for name in self.names]
        self._encoding = Encoding([parameter.scale for parameter in self.parameters])

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def categorical_features(self) -> list[int]:
        """Columns that hold integer codes."""
        return [column for column, parameter in enumerate(self.parameters) if not parameter.is_numeric]

    @cached_property
    def cardinalities(self) -> dict[int, int]:
        """Column -> number of categories, for the columns that hold integer codes."""
        return {c: int(self.parameters[c].n_levels or 0) for c in self.categorical_features}

    @cached_property
    def descriptors(self) -> dict[int, torch.Tensor]:
        """Column -> k x p descriptors of its categories, each scaled to [0, 1]."""
        described = {
            c: p.descriptors.scaled
            for c, p in enumerate(self.parameters)
            if isinstance(p, Categorical) and p.descriptors is not None
        }
        if not described:
            return {}
        import torch

        return {column: torch.from_numpy(table) for column, table in described.items()}

    @cached_property
    def levels(self) -> dict[int, Array]:
        """Numeric column -> its sorted encoded levels, where there are at most 1,000 of them."""
        return {
            c: p.encoded_levels()
            for c, p in enumerate(self.parameters)
            if p.is_numeric and p.n_levels is not None and p.n_levels <= MAX_LEVELS
        }

    @cached_property
    def bounds(self) -> Array:
        """Lower and upper encoded bounds, 2 x dim."""
        bounds = np.stack([np.zeros(len(self)), np.ones(len(self))])
        for column, cardinality in self.cardinalities.items():
            bounds[1, column] = cardinality - 1.0
        return bounds

    def size(self, held: Collection[int]) -> int | None:
        """Number of distinct points when some columns are held; None if infinite."""
        count = 1
        for column, parameter in enumerate(self.parameters):
            if column in held:
                continue
            if parameter.n_levels is None:
                return None
            count *= parameter.n_levels
        return count

    def encode(
        self,
        params: Sequence[Mapping[str, Any]],
        absent: Collection[str] = (),
        may_lack: Collection[str] = (),
    ) -> Array:
        """Encoded points (n x dim) of n >= 1 params; zero in the columns that params do not hold.

        Args:
            params: name -> value.
            absent: names of columns that no params hold.
            may_lack: names that some params may lack (conditional ones); their lowest level stands for them.

        Raises:
            InvalidInputError: a parameter is missing, out of bounds or of the wrong type.
        """
        numbers = [
            np.zeros(len(params))
            if name in absent
            else _numbers(name, parameter, params, may_lack=name in may_lack)
            for name, parameter in zip(self.names, self.parameters, strict=True)
        ]
        return self.units(np.stack(numbers, axis=1))

    def units(self, numbers: Array) -> Array:
        """Encoded points (n x dim) of rows of numbers (n x dim)."""
        return self._encoding.units(numbers)

    def decode(self, X: Array) -> list[dict[str, Any]]:
        """Params nearest to encoded points (n x dim), with the constants, in the order of the inputs."""
        numbers = self._encoding.numbers(X)
        values = {name: [parameter.value] * len(X) for name, parameter in self._constants.items()}
        for column, (name, parameter) in enumerate(zip(self.names, self.parameters, strict=True)):
            values[name] = parameter.from_numbers(numbers[:, column])
        rows = zip(*(values[name] for name in self._inputs), strict=True)
        return [dict(zip(self._inputs, row, strict=True)) for row in rows]

    def value(self, column: int, unit: float) -> Any:
        """The value at one coordinate of one column."""
        parameter = self.parameters[column]
        return parameter.from_numbers(parameter.scale.value(np.array([unit])))[0]

    def snap(self, X: Array) -> Array:
        """The nearest encodable points (n x dim)."""
        return self._encoding.units(self._encoding.numbers(X))

    def points(self, X: Any) -> Array:
        """An array or tensor of encoded points as a finite float64 array (n x dim).

        Raises:
            InvalidInputError: another shape, or a coordinate that is not finite.
        """
        if hasattr(X, "detach"):
            X = X.detach().cpu().numpy()
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != len(self):
            raise InvalidInputError(
                f"encoded points must be n x {len(self)}; their shape is {' x '.join(map(str, X.shape))}"
            )
        if not np.isfinite(X).all():
            raise InvalidInputError("an encoded point has a coordinate that is not finite")
        return X


def _numbers(
    name: str, parameter: Parameter, params: Sequence[Mapping[str, Any]], *, may_lack: bool
) -> Array:
    try:
        if may_lack:
            (lowest,) = parameter.from_numbers(parameter.scale.value(np.zeros(1)))
            values = [one.get(name, lowest) for one in params]
        else:
            values = [one[name] for one in params]
    except KeyError:
        raise InvalidInputError(f"parameter {name!r} is missing") from None
    numbers = parameter.to_numbers(values)
    if numbers is None:
        numbers = parameter.to_numbers([checked(name, parameter, value) for value in values])
    assert numbers is not None
    return numbers
