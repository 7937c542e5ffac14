"""Long convolution kernels of few parameters: scales that double in length and decay in size."""

from __future__ import annotations

from math import ceil, log2, pi
from typing import final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError


@final
class MultiscaleKernel(nn.Module):
    r"""A bank of convolution kernels, `O(\log L)` parameters each, that decay with the lag.

    .. math::
        k = \frac{1}{Z} \big[\, k_0, k_1, \dots, k_{N-1} \big], \qquad
        k_i = a^{-i} \operatorname{Up}\big(w_i;\, 2^{\max(0, i-1)}\big), \qquad
        N = 1 + \Big\lceil \log_2 \frac{L}{d} \Big\rceil

    with learnt `w_i` of `d` entries, `Up` linear interpolation with half-pixel centres (parts of `d`, `d`,
    `2d`, `4d`, ... taps), decay `a`, and `Z` the norm of the whole kernel at construction, a constant
    afterwards: each kernel begins with norm 1 and may grow. With `taps >= max_length` there is one scale: a
    free kernel.

    Source: Li, Cai, Zhang, Chen and Dey (2023), What makes convolutional models great on long sequence
    modeling?, section 3. There the norm is taken at the first call, so that a module saved before it is
    another one when loaded.

    Args:
        channels: number `C` of channels.
        max_length: `L`, which the kernel covers at least.
        heads: kernels of each channel.
        taps: `d`, entries of each scale.
        decay: `a`, ratio of neighbouring scales; a pair for values evenly spaced over the channels; 1 for
            no decay.
        overlap: whether the scales all begin at lag 0, in lengths `d`, `2d`, `4d`, ..., and are added;
            else one follows another.
        init: "normal" (independent standard normal entries) or "cosine" (a cosine of a frequency of its own
            in each channel, in random order).
        interpolation: "linear" or "nearest".
        generator: of the initial entries.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        InvalidInputError: a size below 1, a decay that is not positive, an unknown name.
    """

    decays: Tensor
    norm: Tensor

    def __init__(
        self,
        channels: int,
        max_length: int,
        heads: int = 1,
        taps: int = 64,
        decay: float | tuple[float, float] = 2.0,
        *,
        overlap: bool = False,
        init: str = "normal",
        interpolation: str = "linear",
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        sizes = {"channels": channels, "max_length": max_length, "heads": heads, "taps": taps}
        for name, size in sizes.items():
            if size < 1:
                raise InvalidInputError(f"{name} must be at least 1; given {size}")
        first, last = decay if isinstance(decay, tuple) else (decay, decay)
        if not (0.0 < first < float("inf") and 0.0 < last < float("inf")):
            raise InvalidInputError(f"decay must be positive and finite; given {decay}")
        if init not in ("normal", "cosine"):
            raise InvalidInputError(f"init must be 'normal' or 'cosine'; given {init!r}")
        if interpolation not in ("linear", "nearest"):
            raise InvalidInputError(f"interpolation must be 'linear' or 'nearest'; given {interpolation!r}")
        self.overlap, self.interpolation = overlap, interpolation
        scales = 1 + max(0, ceil(log2(max_length / taps)))
        base = torch.linspace(first, last, channels, dtype=torch.float64)
        decays = base ** -torch.arange(scales, dtype=torch.float64)[:, None]
        if init == "normal":
            weight = torch.randn(scales, heads, channels, taps, generator=generator, dtype=torch.float64)
        else:
            phase = torch.linspace(0.0, 2.0 * pi, taps, dtype=torch.float64)
            waves = torch.cos(torch.arange(channels)[:, None] * phase)
            weight = torch.stack(
                [waves[torch.randperm(channels, generator=generator)] for _ in range(scales)]
            )
            weight = weight[:, None].repeat(1, heads, 1, 1)
        self.weight = nn.Parameter(weight.to(device=device, dtype=dtype))
        self.register_buffer("decays", decays[:, None, :, None].to(device=device, dtype=dtype))
        self.register_buffer("norm", torch.ones(heads, channels, 1, device=device, dtype=dtype))
        with torch.no_grad():
            self.norm.copy_(torch.linalg.vector_norm(self(self.reach), dim=-1, keepdim=True))

    @property
    def reach(self) -> int:
        """The number of taps of the whole kernel."""
        return int(self.weight.shape[-1]) * 2 ** (len(self.weight) - 1)

    def forward(self, length: int | None = None) -> Tensor:
        """The kernels at lags 0, 1, ...

        Args:
            length: number of taps wanted; all of them when None. Beyond `reach` there are none.

        Returns:
            `heads x channels x min(length, reach)`.
        """
        wanted = self.reach if length is None else min(int(length), self.reach)
        parts, begin = [], 0
        for i, scale in enumerate(self.weight * self.decays):
            if begin >= wanted:
                break
            part = self._stretched(scale, 2**i if self.overlap else 2 ** max(0, i - 1))
            if not self.overlap:
                begin += part.shape[-1]
            parts.append(part)
        if self.overlap:
            whole = torch.stack(
                [nn.functional.pad(part, (0, self.reach - part.shape[-1])) for part in parts]
            ).sum(0)
        else:
            whole = torch.cat(parts, dim=-1)
        return whole[..., :wanted] / self.norm

    def _stretched(self, scale: Tensor, factor: int) -> Tensor:
        if factor == 1:
            return scale
        return nn.functional.interpolate(scale, scale_factor=float(factor), mode=self.interpolation)
