"""Linear convolution of long sequences by the fast Fourier transform."""

from __future__ import annotations

import torch
from scipy.fft import next_fast_len
from torch import Tensor


def causal_convolution(signal: Tensor, kernel: Tensor) -> Tensor:
    r"""`y_t = \sum_{j=0}^{t} k_j u_{t-j}`: the present and the past, in `O(L \log L)`.

    Args:
        signal: `... x L`.
        kernel: `... x K`, of any length `K`; taps beyond lag `L - 1` do not matter.

    Returns:
        `... x L`, the leading dimensions broadcast against each other.
    """
    length = signal.shape[-1]
    return _circular(signal, kernel[..., :length], length + min(length, kernel.shape[-1]) - 1)


def bidirectional_convolution(signal: Tensor, past: Tensor, future: Tensor) -> Tensor:
    r"""`y_t = \sum_{j \ge 0} p_j u_{t-j} + \sum_{j \ge 0} f_j u_{t+1+j}`, in `O(L \log L)`.

    Args:
        signal: `... x L`.
        past: `... x K` taps at lags 0, 1, ...
        future: `... x K` taps at lags -1, -2, ...

    Returns:
        `... x L`, the leading dimensions broadcast against each other.
    """
    length = signal.shape[-1]
    size = next_fast_len(2 * length - 1, real=True)
    past, future = past[..., :length], future[..., : length - 1]
    gap = past.new_zeros(*past.shape[:-1], size - past.shape[-1] - future.shape[-1])
    return _circular(signal, torch.cat([past, gap, future.flip(-1)], dim=-1), size)


def _circular(signal: Tensor, kernel: Tensor, least: int) -> Tensor:
    """The circular convolution over at least `least` steps, in single precision or better."""
    size = next_fast_len(least, real=True)  # a transform of prime length is slow
    wide = torch.promote_types(torch.promote_types(signal.dtype, kernel.dtype), torch.float32)
    # a kernel's tail is lost in half precision
    spectrum = torch.fft.rfft(signal.to(wide), n=size) * torch.fft.rfft(kernel.to(wide), n=size)
    return torch.fft.irfft(spectrum, n=size)[..., : signal.shape[-1]].to(signal.dtype)
