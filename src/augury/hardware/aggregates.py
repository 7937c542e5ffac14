"""Designs as sums and means over their layers: what a predictor sees that knows nothing of their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.hardware.designs import CODES, FIELDS, MISSING
from augury.hardware.encoding import LayerEncoding

_KINDS = CODES["layer_type"]
_DIMENSIONS = {"QConv1D": 1, "QConv2D": 2, "QSepConv1D": 1, "QSepConv2D": 2, "QDWConv1D": 1, "QDWConv2D": 2}
_TABLES = ("tanh", "sigmoid", "softmax")  # activations that are looked up
#: Means are over dense and convolutional layers, totals over all.
AGGREGATES = (
    *(f"number of {kind}" for kind in _KINDS),
    *("mean inputs", "mean outputs", "mean parameters", "mean reuse", "mean bits"),
    *("total multiplications", "total lookups", "total rectifications"),
)


def aggregate_features(table: Tensor) -> Tensor:
    """Numbers of layers of each kind, mean sizes, and total operations.

    Args:
        table: `n x L x 18`, from `layer_table`.

    Returns:
        `n x 20`, the columns as in `AGGREGATES`.

    Source: the kind of features of Rahimifar et al., "rule4ml", arXiv 2408.05314 (2024), without its tool
    versions and boards.
    """
    column = {field: table[..., index] for index, field in enumerate(FIELDS)}
    there = (table != MISSING).any(dim=-1)
    kinds = [there & (column["layer_type"] == code) for code in range(len(_KINDS))]
    weighted = torch.stack(kinds[_KINDS.index("QDense") : _KINDS.index("Flatten")]).any(dim=0)
    inputs, outputs = (_size(table, side) for side in ("d_in", "d_out"))
    parameters = torch.where(kinds[_KINDS.index("QDense")], inputs * outputs, _kernels(column, kinds))
    filters = torch.where(column["filters"] == MISSING, outputs, column["filters"])
    multiplications = torch.where(weighted, parameters * outputs / filters, 0.0)
    count = weighted.sum(dim=-1).clamp(min=1)
    activations = there & (column["activation_type"] > CODES["activation_type"].index("linear"))
    looked_up = activations & torch.stack(
        [column["activation_type"] == CODES["activation_type"].index(name) for name in _TABLES]
    ).any(dim=0)
    means = [
        torch.where(weighted, values, 0.0).sum(dim=-1) / count
        for values in (inputs, outputs, parameters, column["rf"], column["prec"])
    ]
    totals = [
        multiplications.sum(dim=-1),
        torch.where(looked_up, outputs, 0.0).sum(dim=-1),
        torch.where(activations & ~looked_up, outputs, 0.0).sum(dim=-1),
    ]
    return torch.stack([*(kind.sum(dim=-1).to(table) for kind in kinds), *means, *totals], dim=-1)


@dataclass(frozen=True)
class AggregateEncoding:
    """Logarithms of the aggregates, standardised, beside the one-hots of whole designs.

    Args:
        mean: `20`, of `log(1 + aggregate)` over the training designs.
        deviation: `20`, 1 where one never varies.
        layers: checks tables and encodes what holds for whole designs.
    """

    mean: Tensor
    deviation: Tensor
    layers: LayerEncoding

    @classmethod
    def of(cls, table: Tensor) -> Self:
        """That of the training designs, `n x L x 18`.

        Raises:
            InvalidInputError: as in `LayerEncoding`.
        """
        layers = LayerEncoding.of(table)
        logs = torch.log1p(aggregate_features(table))
        deviation = logs.std(dim=0, correction=0)
        return cls(logs.mean(dim=0), torch.where(deviation > 1e-12, deviation, 1.0), layers)

    def __call__(self, table: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encode designs as if each had one layer.

        Args:
            table: `batch x L x 18`.

        Returns:
            `batch x 1 x 20` features, a `batch x 1` mask that is true, and `batch x 4` features of whole
            designs.

        Raises:
            InvalidInputError: as in `LayerEncoding`.
        """
        _, mask, whole = self.layers(table)
        scaled = (torch.log1p(aggregate_features(table)) - self.mean) / self.deviation
        return scaled.unsqueeze(-2), mask[..., :1], whole


def _size(table: Tensor, side: str) -> Tensor:
    """`... x L`: the product of a layer's sizes."""
    first = FIELDS.index(f"{side}1")
    sizes = table[..., first : first + 3]
    return torch.where(sizes == MISSING, 1.0, sizes).prod(dim=-1)


def _kernels(column: dict[str, Tensor], kinds: list[Tensor]) -> Tensor:
    """`... x L`: the weights of convolutions, 0 for other layers."""
    last = torch.where(column["d_in2"] == MISSING, column["d_in1"], column["d_in2"])
    channels = torch.where(column["d_in3"] == MISSING, last, column["d_in3"])
    filters, size = column["filters"].clamp(min=1.0), column["kernel_size"].clamp(min=1.0)
    weights = torch.zeros_like(channels)
    for kind, dimensions in _DIMENSIONS.items():
        window = size**dimensions
        if kind.startswith("QConv"):
            count = window * channels * filters
        elif kind.startswith("QSep"):
            count = window * channels + channels * filters
        else:
            count = window * channels
        weights = torch.where(kinds[_KINDS.index(kind)], count, weights)
    return weights
