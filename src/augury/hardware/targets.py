"""Costs over orders of magnitude, as a network learns them."""

from __future__ import annotations

import torch
from torch import Tensor

from augury.errors import InvalidInputError


class LogStandardize:
    r"""`z = (log(y + shift) - mean) / deviation`, target by target, and back.

    The inverse is `min(max(exp(mean + deviation z) - shift, 0), ceiling)` with the largest training value
    (times `headroom`) as the ceiling: an extrapolated logarithm would explode.

    Args:
        Y: `n x m` training targets, none negative.
        shift: what is added before the logarithm. The default of 1 keeps zeros near ones; with the published
            1e-8 (graph network) or 1e-6 (transformer) they are outliers that decide mean and deviation.
        headroom: how far above the largest training value a prediction may be.

    Raises:
        InvalidInputError: a target that is negative or not finite, no row, or a shift that is not positive.

    Source: Hawks et al., "wa-hls4ml", arXiv 2511.05615 (2025), and its public code.
    """

    def __init__(self, Y: Tensor, *, shift: float = 1.0, headroom: float = 1.0) -> None:
        if Y.ndim != 2 or len(Y) == 0 or not bool(torch.isfinite(Y).all()):
            raise InvalidInputError(f"targets are n x m finite numbers; given shape {tuple(Y.shape)}")
        if bool((Y < 0).any()):
            row, column = (Y < 0).nonzero()[0].tolist()
            raise InvalidInputError(
                f"costs are not negative; given {float(Y[row, column]):g} in row {row}, target {column}"
            )
        if not shift > 0 or not headroom >= 1:
            raise InvalidInputError(
                f"shift must be positive and headroom at least 1; given {shift} and {headroom}"
            )
        self.shift = shift
        logs = torch.log(Y + shift)
        self.mean = logs.mean(dim=0)
        deviation = logs.std(dim=0, correction=0)
        self.deviation = torch.where(deviation > 1e-12, deviation, 1.0)
        self.ceiling = Y.max(dim=0).values * headroom

    def __call__(self, Y: Tensor) -> Tensor:
        """`... x m` targets in units of the network."""
        return (torch.log(Y + self.shift) - self.mean) / self.deviation

    def inverse(self, Z: Tensor) -> Tensor:
        """`... x m` costs, between 0 and the ceiling."""
        return torch.minimum(self._costs(Z).clamp(min=0.0), self.ceiling)

    def beyond(self, Z: Tensor) -> Tensor:
        """`... x m`, true where the ceiling has cut a prediction: it extrapolates."""
        return self._costs(Z) > self.ceiling

    def _costs(self, Z: Tensor) -> Tensor:
        return torch.exp(self.mean + self.deviation * Z) - self.shift
