"""Outcomes in units of their standard deviation, without a torch module until one is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from botorch.models.transforms.outcome import Standardize

#: Outcomes with a smaller standard deviation are constant; BoTorch's 1e-8 would lose those of small units.
_LEAST_DEVIATION = 1e-150


@dataclass(frozen=True)
class Standardization:
    """`outcome = shift + scale * standardised outcome`, as BoTorch's `Standardize` learns it.

    Args:
        shift: `m` means.
        scale: `m` standard deviations; 1 where an outcome is constant.
    """

    shift: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, Y: np.ndarray) -> Self:
        """That of outcomes (`n x m`, finite)."""
        shift = np.add.reduce(Y, axis=0) / len(Y)
        residuals = Y - shift
        scale = np.sqrt(np.add.reduce(residuals * residuals, axis=0) / max(len(Y) - 1, 1))
        scale[scale < _LEAST_DEVIATION] = 1.0
        return cls(shift, scale)

    def __call__(self, Y: np.ndarray, Yvar: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
        """Standardised outcomes, and variances of their errors (`n x m` each)."""
        return (Y - self.shift) / self.scale, None if Yvar is None else Yvar / self.scale**2

    def transform(self) -> Standardize:
        """The trained torch module, in evaluation mode."""
        transform = Standardize(m=len(self.shift), min_stdv=_LEAST_DEVIATION)
        transform._buffers.update(
            means=torch.from_numpy(self.shift[None].copy()),
            stdvs=torch.from_numpy(self.scale[None].copy()),
            _stdvs_sq=torch.from_numpy(self.scale[None] ** 2),
            _is_trained=torch.tensor(True),
        )
        return transform.eval()
