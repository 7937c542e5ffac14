"""Vectors of length 1."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn


@final
class UnitNorm(nn.Module):
    """`x / |x|`; the null vector stays as it is."""

    def forward(self, x: Tensor) -> Tensor:
        """Of each of the last dimension's vectors."""
        return x / x.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(x.dtype).tiny)
