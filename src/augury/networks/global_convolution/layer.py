"""The structured global convolution layer (SGConv)."""

from __future__ import annotations

import warnings
from typing import Any, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.global_convolution.fft_convolution import (
    bidirectional_convolution,
    causal_convolution,
)
from augury.networks.global_convolution.multiscale_kernel import MultiscaleKernel


@final
class SGConv(nn.Module):
    r"""A convolution as long as the sequence, then a nonlinearity and a mix of the channels.

    .. math:: y = W\, \phi\big(k * u + D \odot u\big) + b

    with the kernels of `MultiscaleKernel`, one for each channel and head, and `phi` the Gaussian error linear
    unit. Time and memory are `O(L \log L)` and `O(L)`, parameters `O(\log L)`.

    Source: Li, Cai, Zhang, Chen and Dey (2023), What makes convolutional models great on long sequence
    modeling?

    Args:
        channels: number `C` of channels.
        max_length: the longest sequence.
        taps: entries of each scale of the kernels.
        decay: as in `MultiscaleKernel`.
        heads: kernels of each channel.
        bidirectional: whether an output depends on the future as well as on the past.
        mix: whether the nonlinearity and the mix of channels follow; without, `heads` must be 1.
        dropout: probability with which a whole channel is left out in training.
        seed: of the initial parameters.
        device: of the parameters.
        dtype: of the parameters.
        kernel: further arguments of `MultiscaleKernel`.

    Raises:
        InvalidInputError: sizes out of range; several heads without the mix that joins them.
    """

    def __init__(
        self,
        channels: int,
        max_length: int,
        taps: int = 64,
        decay: float | tuple[float, float] = 2.0,
        heads: int = 1,
        *,
        bidirectional: bool = True,
        mix: bool = True,
        dropout: float = 0.0,
        seed: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
        **kernel: Any,
    ) -> None:
        super().__init__()
        if not mix and heads != 1:
            raise InvalidInputError(f"without mix there can be only one head; given {heads} heads")
        self.bidirectional = bidirectional
        self.heads = heads
        generator = torch.Generator().manual_seed(seed)
        sets = 2 * heads if bidirectional else heads
        self.kernel = MultiscaleKernel(
            channels, max_length, sets, taps, decay, generator=generator, device=device, dtype=dtype, **kernel
        )
        direct = torch.randn(heads, channels, 1, generator=generator, dtype=dtype)
        self.direct = nn.Parameter(direct.to(device))
        self.dropout = nn.Dropout1d(dropout)
        self.mix: nn.Linear | None = None
        if mix:
            self.mix = nn.utils.skip_init(nn.Linear, heads * channels, channels, dtype=dtype, device="cpu")
            bound = (heads * channels) ** -0.5
            with torch.no_grad():
                for parameter in self.mix.parameters():
                    parameter.uniform_(-bound, bound, generator=generator)
            self.mix.to(device)

    def forward(self, u: Tensor) -> Tensor:
        """`B x C x L` for `B x C x L`.

        Warns:
            UserWarning: `L` beyond the reach of the kernels, whose taps there are 0.

        Raises:
            InvalidInputError: another shape, or entries that are not floating-point numbers.
        """
        channels = self.direct.shape[1]
        if u.ndim != 3 or u.shape[1] != channels or not u.is_floating_point():
            raise InvalidInputError(
                f"SGConv takes floating-point B x {channels} x L; given {tuple(u.shape)}, {u.dtype}"
            )
        if u.shape[-1] > self.kernel.reach:
            warnings.warn(
                f"a sequence of {u.shape[-1]} steps is longer than the kernels' {self.kernel.reach}: "
                "larger lags are left out; build the layer with a larger max_length",
                stacklevel=2,
            )
        kernels = self.kernel(u.shape[-1])
        signal = u.unsqueeze(1)
        if self.bidirectional:
            y = bidirectional_convolution(signal, kernels[: self.heads], kernels[self.heads :])
        else:
            y = causal_convolution(signal, kernels)
        y = (y + self.direct * signal).flatten(1, 2)
        if self.mix is None:
            return y
        mixed: Tensor = self.mix(self.dropout(nn.functional.gelu(y)).mT)
        return mixed.mT


def kernel_parameter_groups(
    network: nn.Module, lr: float, kernel_lr: float = 1e-3, weight_decay: float = 0.0
) -> list[dict[str, Any]]:
    """Parameter groups for a torch optimiser: long kernels learn at a rate of their own, without decay.

    Args:
        network: any module with `MultiscaleKernel` in it.
        lr: the rate of all other parameters.
        kernel_lr: the kernels' rate.
        weight_decay: of all other parameters.

    Returns:
        Two groups; together they hold each parameter once.
    """
    kernels = [
        parameter
        for module in network.modules()
        if isinstance(module, MultiscaleKernel)
        for parameter in module.parameters()
    ]
    known = {id(parameter) for parameter in kernels}
    others = [parameter for parameter in network.parameters() if id(parameter) not in known]
    return [
        {"params": others, "lr": lr, "weight_decay": weight_decay},
        {"params": kernels, "lr": kernel_lr, "weight_decay": 0.0},
    ]
