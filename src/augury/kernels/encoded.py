"""A kernel on the features of a network: deep kernel learning."""

from __future__ import annotations

from typing import Any, final

import torch
from gpytorch.kernels import Kernel
from gpytorch.priors import NormalPrior
from torch import Tensor, nn

from augury.errors import InvalidInputError


@final
class EncodedKernel(Kernel):
    r"""Any kernel behind any encoder, trained together.

    .. math:: k(x, x') = k_0\big(\varphi(x), \varphi(x')\big)

    The encoder's parameters are hyperparameters of the kernel; a normal prior on them can be part of it. The
    encoder is kept in evaluation mode, so that dropout and batch statistics do not make it random.

    Source: Wilson, Hu, Salakhutdinov and Xing (2016), Deep kernel learning.

    Args:
        encoder: maps `... x n x input` to `... x n x features`.
        base_kernel: on the features.
        weight_scale: standard deviation of an independent zero-mean normal prior on every trainable parameter
            of the encoder; None for no prior.

    Raises:
        InvalidInputError: a scale that is not positive.
    """

    def __init__(self, encoder: nn.Module, base_kernel: Kernel, weight_scale: float | None = None) -> None:
        super().__init__()
        self.encoder = encoder.eval()
        self.base_kernel = base_kernel
        trainable = any(parameter.requires_grad for parameter in encoder.parameters())
        if weight_scale is not None:
            if not 0.0 < weight_scale < float("inf"):
                raise InvalidInputError(f"weight_scale must be positive and finite; given {weight_scale:g}")
            if trainable:
                prior = NormalPrior(torch.tensor(0.0).double(), torch.tensor(float(weight_scale)).double())
                self.register_prior("weight_prior", prior, _weights)

    @property
    def batch_shape(self) -> torch.Size:
        """That of the base kernel."""
        shape: torch.Size = self.base_kernel.batch_shape
        return shape

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Any:
        """`... x n1 x n2`, or `... x n` with `diag`."""
        features = self.encoder(x1)
        others = features
        if x2 is not x1 and not (x1.shape == x2.shape and torch.equal(x1, x2)):
            others = self.encoder(x2)
        return self.base_kernel(features, others, diag=diag, **params)

    def train(self, mode: bool = True) -> EncodedKernel:
        """Set the mode of the base kernel only."""
        super().train(mode)
        self.encoder.eval()
        return self


def _weights(kernel: EncodedKernel) -> Tensor:
    return torch.cat([p.reshape(-1) for p in kernel.encoder.parameters() if p.requires_grad])
