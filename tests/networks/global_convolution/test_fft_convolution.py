"""Long convolutions by the Fourier transform equal the sums that define them."""

from __future__ import annotations

import pytest
import torch

from augury.networks.global_convolution.fft_convolution import (
    bidirectional_convolution,
    causal_convolution,
)


def randn(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def direct(signal, taps_at):
    """Step by step: `taps_at` has the tap of each lag."""
    length = signal.shape[-1]
    out = torch.zeros_like(signal)
    for t in range(length):
        for s in range(length):
            if t - s in taps_at:
                out[..., t] += taps_at[t - s] * signal[..., s]
    return out


@pytest.mark.parametrize("length", [1, 2, 17, 64])
@pytest.mark.parametrize("taps", [1, 5, 64, 90])
def test_both_equal_the_sum(length, taps):
    signal, past, future = randn(2, 3, length), randn(3, taps, seed=1), randn(3, taps, seed=2)
    lags = {j: past[:, j] for j in range(taps)}
    assert torch.allclose(causal_convolution(signal, past), direct(signal, lags), atol=1e-12)
    lags |= {-1 - j: future[:, j] for j in range(taps)}
    both = bidirectional_convolution(signal, past, future)
    assert torch.allclose(both, direct(signal, lags), atol=1e-12)


def test_single_precision_equals_the_direct_convolution_to_1e_5():
    length = 1024
    signal, past, future = (randn(4, length, seed=s, dtype=torch.float32) for s in range(3))
    past, future = (k / k.norm(dim=-1, keepdim=True) for k in (past, future))
    whole = torch.cat([future[:, : length - 1].flip(-1), past], dim=-1).double()
    lags = torch.arange(length)[:, None] - torch.arange(length) + length - 1
    exact = torch.einsum("cts,cs->ct", whole[:, lags], signal.double())
    assert (bidirectional_convolution(signal, past, future) - exact).abs().max() < 1e-5
    causal = torch.einsum("cts,cs->ct", whole[:, lags].tril(), signal.double())
    assert (causal_convolution(signal, past) - causal).abs().max() < 1e-5


def test_gradients():
    inputs = [randn(2, 5, seed=s).requires_grad_() for s in range(3)]
    assert torch.autograd.gradcheck(bidirectional_convolution, inputs)
    assert torch.autograd.gradcheck(causal_convolution, inputs[:2])


def test_half_precision_and_autocast_are_computed_in_single():
    signal, kernel = randn(1, 256), randn(1, 256, seed=1)
    exact = causal_convolution(signal, kernel)
    rounded = causal_convolution(signal.bfloat16(), kernel.bfloat16())
    assert rounded.dtype == torch.bfloat16
    again = causal_convolution(signal.bfloat16().double(), kernel.bfloat16().double())
    assert torch.allclose(rounded.double(), again, rtol=2**-8, atol=1e-4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.allclose(causal_convolution(signal, kernel), exact, atol=1e-12)
