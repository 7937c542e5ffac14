"""Tables of layers as networks read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from augury.errors import InvalidInputError
from augury.hardware.designs import CODES, FIELDS, MISSING

#: The columns that are numbers, in the order of the features.
NUMERIC = (
    *("d_in1", "d_in2", "d_in3", "d_out1", "d_out2", "d_out3"),
    *("prec", "rf", "filters", "kernel_size", "stride", "pooling"),
)
_NAMED = ("layer_type", "activation_type", "padding")
_GLOBAL = ("strategy", "io_type")
#: Features of a layer, and of a whole design.
NUM_FEATURES = len(NUMERIC) + sum(len(CODES[field]) for field in _NAMED)
NUM_GLOBALS = sum(len(CODES[field]) for field in _GLOBAL)
_NUMERIC_COLUMNS = [FIELDS.index(field) for field in NUMERIC]


@dataclass(frozen=True)
class LayerEncoding:
    """12 standardised numbers and three one-hots (12 + 6 + 3) for each layer; two one-hots for each design.

    A number is `(v - mean) / deviation` by the training layers that have it, where `v` is its logarithm:
    costs are products of sizes. A missing one counts as 0 *before* that, `-mean / deviation`.

    Args:
        mean: `12`.
        deviation: `12`, 1 where a number never varies or no layer has it.
        logarithms: false for the published encoding, in which `v` is the number itself.

    Source: Hawks et al., "wa-hls4ml", arXiv 2511.05615 (2025), and its public code; the logarithms are ours.
    """

    mean: Tensor
    deviation: Tensor
    logarithms: bool = True

    @classmethod
    def of(cls, table: Tensor, *, logarithms: bool = True) -> Self:
        """That of the training designs.

        Args:
            table: `n x L x 18`, from `layer_table`.
            logarithms: as in the class.

        Raises:
            InvalidInputError: as in calling it.
        """
        _check(table)
        numbers, given = (part.reshape(-1, len(NUMERIC)) for part in _numbers(table, logarithms))
        count = given.sum(dim=0).clamp(min=1)
        mean = numbers.sum(dim=0) / count
        squares = torch.where(given, numbers - mean, 0.0).square().sum(dim=0)
        deviation = (squares / count).sqrt()
        deviation = torch.where(deviation > 1e-12 * mean.abs().clamp(min=1.0), deviation, 1.0)
        return cls(mean, deviation, logarithms)

    def __call__(self, table: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encode designs.

        Args:
            table: `batch x L x 18`.

        Returns:
            `batch x L x 33` features (0 in rows of no layer), a `batch x L` mask that is true where there is
            a layer, and `batch x 4` features of whole designs.

        Raises:
            InvalidInputError: another number of columns, a design without a layer, a layer after a row of
                none, or a code that stands for nothing; with row and field.
        """
        mask = _check(table)
        numbers, _ = _numbers(table, self.logarithms)
        scaled = (numbers - self.mean) / self.deviation
        features = torch.cat([scaled, *(_one_hot(table, field) for field in _NAMED)], dim=-1)
        first = table[..., 0, :]
        return (
            torch.where(mask.unsqueeze(-1), features, 0.0),
            mask,
            torch.cat([_one_hot(first, field) for field in _GLOBAL], dim=-1),
        )


def _numbers(table: Tensor, logarithms: bool) -> tuple[Tensor, Tensor]:
    """`... x L x 12` numbers, 0 where there is none, and where there is one."""
    numbers = table[..., _NUMERIC_COLUMNS]
    given = numbers != MISSING
    kept = (
        torch.where(given, numbers, 1.0).clamp(min=1.0).log()
        if logarithms
        else torch.where(given, numbers, 0.0)
    )
    return kept, given


def _one_hot(table: Tensor, field: str) -> Tensor:
    codes = table[..., FIELDS.index(field)].long().clamp(min=0)
    return one_hot(codes, len(CODES[field])).to(table)


def _check(table: Tensor) -> Tensor:
    """The mask of a table that can be encoded."""
    if table.shape[-1] != len(FIELDS) or table.ndim < 2:
        raise InvalidInputError(
            f"a table of layers is designs x layers x {len(FIELDS)}; given {tuple(table.shape)}"
        )
    mask = (table != MISSING).any(dim=-1)
    rows = mask.reshape(-1, mask.shape[-1])
    empty = ~rows[:, 0]
    if empty.any():
        raise InvalidInputError(f"design {int(empty.nonzero()[0])} has no layer in its first row")
    gap = (rows[:, 1:] & ~rows[:, :-1]).any(dim=1)
    if gap.any():
        raise InvalidInputError(f"design {int(gap.nonzero()[0])} has a layer after a row of none")
    flat = table.reshape(-1, *table.shape[-2:])
    for field, names in CODES.items():
        codes = flat[..., FIELDS.index(field)]
        wrong = rows & ~((codes >= 0) & (codes < len(names)) & (codes == codes.round()))
        if wrong.any():
            design, layer = wrong.nonzero()[0].tolist()
            raise InvalidInputError(
                f"layer {layer} of design {design} has the {field} code {float(codes[design, layer]):g}; "
                f"allowed are whole numbers from 0 to {len(names) - 1}"
            )
    return mask
