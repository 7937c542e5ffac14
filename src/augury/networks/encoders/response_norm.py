"""Global response normalisation."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn


@final
class GlobalResponseNorm(nn.Module):
    r"""Each channel against the others, by its norm over the whole map (channels last).

    .. math::
        G_c = \lVert x_{\cdot c} \rVert_2, \qquad
        y_c = \left(\gamma_c \frac{G_c}{\frac 1C \sum_{c'} G_{c'} + \epsilon} + 1\right) x_c + \beta_c

    `gamma` and `beta` begin at zero: the layer begins as the identity.

    Source: Woo et al. (2023), "ConvNeXt V2", section 3.2.

    Args:
        channels: `C`.
        spatial_dims: number of dimensions between batch and channels.
        bias: whether there is a `beta`.
        eps: `epsilon`.
        device: of the parameters.
        dtype: of the parameters.
    """

    beta: nn.Parameter | None

    def __init__(
        self,
        channels: int,
        spatial_dims: int = 2,
        *,
        bias: bool = True,
        eps: float = 1e-6,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        shape = (1,) * (spatial_dims + 1) + (channels,)
        self.gamma = nn.Parameter(torch.zeros(shape, device=device, dtype=dtype))
        self.register_parameter(
            "beta", nn.Parameter(torch.zeros(shape, device=device, dtype=dtype)) if bias else None
        )
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """`B x ... x C` for `B x ... x C`."""
        norm = torch.linalg.vector_norm(x, dim=tuple(range(1, x.dim() - 1)), keepdim=True)
        scaled = (self.gamma * (norm / (norm.mean(-1, keepdim=True) + self.eps)) + 1) * x
        return scaled if self.beta is None else scaled + self.beta
