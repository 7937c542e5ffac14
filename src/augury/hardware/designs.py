"""Designs as a person writes them, and as a table of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from augury.errors import InvalidInputError

#: The columns of a layer's row.
FIELDS = (
    *("d_in1", "d_in2", "d_in3", "d_out1", "d_out2", "d_out3", "prec", "rf", "strategy", "layer_type"),
    *("activation_type", "filters", "kernel_size", "stride", "padding", "pooling", "batchnorm", "io_type"),
)
#: What a code stands for, in the columns that are not numbers.
CODES: Mapping[str, tuple[str, ...]] = {
    "strategy": ("latency", "resource"),
    "layer_type": (
        *("activation", "QDense", "QConv1D", "QConv2D", "QSepConv1D", "QSepConv2D", "QDWConv1D", "QDWConv2D"),
        *("Flatten", "MaxPool", "AvgPool", "BatchNorm"),
    ),
    "activation_type": ("NA", "linear", "relu", "tanh", "sigmoid", "softmax"),
    "padding": ("NA", "valid", "same"),
    "batchnorm": ("no", "yes"),
    "io_type": ("parallel", "stream"),
}
#: What stands where a layer has no such number, and everywhere in a row beyond a design's last layer.
MISSING = -1.0


@dataclass(frozen=True)
class Layer:
    """One layer of a network with how it is made in hardware; what does not apply to it is left out.

    Args:
        layer_type: one of `CODES["layer_type"]`.
        d_in: up to three sizes of its input.
        d_out: of its output.
        prec: bits.
        rf: reuse factor: how often each multiplier is used for one sample.
        activation_type: one of `CODES["activation_type"]`.
        filters: of a convolution.
        kernel_size: likewise.
        stride: likewise.
        padding: one of `CODES["padding"]`.
        pooling: the window of a pooling layer.
        batchnorm: whether a normalisation is folded into it.

    Raises:
        InvalidInputError: a name that is not known, no size, or more than three.
    """

    layer_type: str
    d_in: tuple[int, ...]
    d_out: tuple[int, ...]
    prec: int | None = None
    rf: int | None = None
    activation_type: str = "NA"
    filters: int | None = None
    kernel_size: int | None = None
    stride: int | None = None
    padding: str = "NA"
    pooling: int | None = None
    batchnorm: bool = False

    def __post_init__(self) -> None:
        for field in ("layer_type", "activation_type", "padding"):
            _code(field, getattr(self, field))
        for field in ("d_in", "d_out"):
            sizes = getattr(self, field)
            if not 1 <= len(sizes) <= 3 or min(sizes) < 1:
                raise InvalidInputError(f"{field} is one to three sizes from 1; given {sizes}")


@dataclass(frozen=True)
class Design:
    """A chain of layers with the settings that hold for all of them.

    Args:
        layers: in the order of the data.
        strategy: `latency` or `resource`.
        io_type: `parallel` or `stream`.

    Raises:
        InvalidInputError: no layer, or a name that is not known.
    """

    layers: tuple[Layer, ...]
    strategy: str = "latency"
    io_type: str = "parallel"

    def __post_init__(self) -> None:
        if not self.layers:
            raise InvalidInputError("a design has at least one layer; given none")
        for field in ("strategy", "io_type"):
            _code(field, getattr(self, field))

    @classmethod
    def of(cls, layers: Sequence[Mapping[str, Any]], **settings: str) -> Self:
        """A design of layers given as dictionaries of `Layer`'s arguments.

        Raises:
            InvalidInputError: a key that `Layer` does not have, named with its row; or as `Layer` raises.
        """
        made = []
        for row, layer in enumerate(layers):
            unknown = set(layer) - set(Layer.__dataclass_fields__)
            if unknown:
                raise InvalidInputError(
                    f"layer {row} has {', '.join(sorted(map(repr, unknown)))}, which no layer has; "
                    f"a layer has {', '.join(Layer.__dataclass_fields__)}"
                )
            made.append(Layer(**layer))
        return cls(tuple(made), **settings)


def layer_table(designs: Sequence[Design], max_layers: int | None = None) -> Tensor:
    """Designs as numbers, one row a layer.

    Args:
        designs: `n` of them.
        max_layers: rows of each, the longest design's if not given; those after a design's last layer are
            `MISSING` throughout.

    Returns:
        `n x max_layers x 18`, the columns as in `FIELDS`.

    Raises:
        InvalidInputError: no design, or one with more layers than `max_layers`.
    """
    if not designs:
        raise InvalidInputError("a table of layers needs at least one design; given none")
    longest = max(len(design.layers) for design in designs)
    length = longest if max_layers is None else max_layers
    if longest > length:
        row = next(i for i, design in enumerate(designs) if len(design.layers) > length)
        raise InvalidInputError(
            f"design {row} has {len(designs[row].layers)} layers; at most {length} are allowed here"
        )
    padding = [MISSING] * len(FIELDS)
    rows = [
        [_numbers(layer, design) for layer in design.layers] + [padding] * (length - len(design.layers))
        for design in designs
    ]
    return torch.tensor(rows, dtype=torch.float64)


def _code(field: str, name: str) -> float:
    if name not in CODES[field]:
        raise InvalidInputError(f"{field} is one of {', '.join(CODES[field])}; given {name!r}")
    return float(CODES[field].index(name))


def _numbers(layer: Layer, design: Design) -> list[float]:
    sizes = [*_sizes(layer.d_in), *_sizes(layer.d_out)]
    return [
        *sizes,
        *_or_missing(layer.prec, layer.rf),
        _code("strategy", design.strategy),
        _code("layer_type", layer.layer_type),
        _code("activation_type", layer.activation_type),
        *_or_missing(layer.filters, layer.kernel_size, layer.stride),
        _code("padding", layer.padding),
        *_or_missing(layer.pooling),
        float(layer.batchnorm),
        _code("io_type", design.io_type),
    ]


def _sizes(sizes: tuple[int, ...]) -> list[float]:
    return [*map(float, sizes), *[MISSING] * (3 - len(sizes))]


def _or_missing(*values: int | None) -> list[float]:
    return [MISSING if value is None else float(value) for value in values]
