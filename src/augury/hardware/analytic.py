"""Synthetic costs of dense networks from formulas: no synthesiser has seen them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.hardware.designs import CODES, FIELDS, MISSING

#: What the formulas give.
ANALYTIC_TARGETS = ("CYCLES", "LUT", "DSP", "II")
_LEAST_BITS_OF_A_DSP = 10
_LATENCY_OF_A_LAYER = 2.0


def analytic_costs(table: Tensor, *, noise: float = 0.05, seed: int = 0) -> Tensor:
    """Synthetic costs of dense networks, for tests of mechanics and demonstrations.

    With `k = ceil(n_in n_out / rf)` multipliers a layer: a DSP each above 9 bits, else `k prec^2` LUTs;
    `sum(rf + log2 n_in + 2)` cycles; the initiation interval is the largest `rf`.

    Args:
        table: `n x L x 18`, from `layer_table`; layers other than QDense cost nothing.
        noise: the half-width of a uniform relative error on LUTs and cycles.
        seed: of the error.

    Returns:
        `n x 4`, as in `ANALYTIC_TARGETS`.

    Raises:
        InvalidInputError: a dense layer without precision or reuse factor.
    """
    column = {field: table[..., index] for index, field in enumerate(FIELDS)}
    dense = column["layer_type"] == CODES["layer_type"].index("QDense")
    if bool((dense & ((column["prec"] == MISSING) | (column["rf"] == MISSING))).any()):
        raise InvalidInputError("a dense layer needs prec and rf; one has neither or one of them")
    n_in, n_out, bits, reuse = (
        torch.where(dense, column[field], 1.0) for field in ("d_in1", "d_out1", "prec", "rf")
    )
    multipliers = torch.where(dense, torch.ceil(n_in * n_out / reuse), 0.0)
    in_dsp = bits >= _LEAST_BITS_OF_A_DSP
    dsp = torch.where(in_dsp, multipliers, 0.0).sum(dim=-1)
    lut = torch.where(in_dsp, 0.0, multipliers * bits.square()).sum(dim=-1)
    cycles = torch.where(dense, reuse + torch.log2(n_in) + _LATENCY_OF_A_LAYER, 0.0).sum(dim=-1)
    error = 1.0 + noise * np.random.default_rng(seed).uniform(-1.0, 1.0, size=(2, len(table)))
    factor = torch.from_numpy(error)
    interval = torch.where(dense, reuse, 0.0).amax(dim=-1)
    return torch.stack([cycles * factor[0], lut * factor[1], dsp, interval], dim=-1)
