"""An encoder trained as part of a plain regression network, before a kernel is put behind it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

#: Adam's step, as published.
_LEARNING_RATE = 1e-3


def pretrain_(encoder: nn.Module, X: Tensor, y: Tensor, steps: int, *, seed: int = 0) -> None:
    r"""Train an encoder, in place, so that a linear layer on its features predicts the outcomes.

    .. math:: \min_{\varphi, w, b}\; \tfrac1n \sum_i \big(y_i - w^T \varphi(x_i) - b\big)^2

    by Adam on all rows at once; the linear layer is thrown away. Parameters that do not require gradients
    stay as they are.

    Source: Li, Rudner and Wilson (ICLR 2024), their deep kernels: 1,000 steps of 10^-3.

    Args:
        encoder: maps `n x d` to `n x p`.
        X: `n x d`.
        y: `n` standardised outcomes.
        steps: of Adam.
        seed: of the linear layer's first weights.
    """
    trained = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
    if not trained or steps < 1:
        return
    with torch.no_grad():
        count = encoder(X).shape[-1]
    generator = torch.Generator().manual_seed(seed)
    weight = (2.0 * torch.rand(count, dtype=X.dtype, generator=generator) - 1.0) / count**0.5
    weight, bias = weight.requires_grad_(True), torch.zeros(1, dtype=X.dtype, requires_grad=True)
    optimizer = torch.optim.Adam([*trained, weight, bias], lr=_LEARNING_RATE)
    with torch.enable_grad():
        for _ in range(steps):
            optimizer.zero_grad()
            loss = (encoder(X) @ weight + bias - y).square().mean()
            loss.backward()
            optimizer.step()
    optimizer.zero_grad()
