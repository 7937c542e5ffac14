"""The shapes that data have on their way through an architecture, and the error when they do not fit."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from augury.errors import InvalidInputError


@dataclass(frozen=True)
class Shape:
    """The shape of one input of a layer.

    Args:
        features: of a vector, or channels of each position; None where an architecture leaves it open.
        positions: the lengths of the axes of positions; empty for a vector.
    """

    features: int | None
    positions: tuple[int, ...] = ()

    @property
    def size(self) -> int | None:
        """How many numbers there are."""
        return None if self.features is None else self.features * prod(self.positions)

    def __str__(self) -> str:
        features = "d" if self.features is None else str(self.features)
        if not self.positions:
            return f"a vector of {features}"
        return f"{features} channels at {' x '.join(map(str, self.positions))} positions"


def require_vector(shape: Shape, layer: str) -> None:
    """Refuse data with positions.

    Raises:
        InvalidInputError: naming the layer.
    """
    if shape.positions:
        raise InvalidInputError(
            f"{layer} takes a vector, but is given {shape}; put Flatten() or GlobalAveragePool() before it"
        )


def require_positions(shape: Shape, layer: str, axes: int | None = None) -> None:
    """Refuse vectors, or another number of axes than `axes`.

    Raises:
        InvalidInputError: naming the layer.
    """
    if not shape.positions or (axes is not None and len(shape.positions) != axes):
        wanted = {None: "positions", 1: "one axis of positions", 2: "two axes of positions"}[axes]
        raise InvalidInputError(
            f"{layer} takes data with {wanted}, but is given {shape}; state input_shape=(channels, "
            f"{'length' if axes == 1 else 'height, width'}) of Sequential and leave out Flatten before it"
        )
