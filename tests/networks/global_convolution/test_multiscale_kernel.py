"""The kernel bank: its parts, its norm, its decay."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from augury.errors import InvalidInputError
from augury.networks.global_convolution.multiscale_kernel import MultiscaleKernel


def made(*sizes, seed=0, **options):
    return MultiscaleKernel(*sizes, generator=torch.Generator().manual_seed(seed), **options)


def interpolated(values, factor):
    """Half-pixel linear interpolation, entry by entry."""
    out = []
    for j in range(len(values) * factor):
        place = min(max((j + 0.5) / factor - 0.5, 0.0), len(values) - 1.0)
        low = int(place)
        high = min(low + 1, len(values) - 1)
        out.append((1 - (place - low)) * values[low] + (place - low) * values[high])
    return torch.stack(out)


@pytest.mark.parametrize("overlap", [False, True])
def test_the_parts_are_the_formulas(overlap):
    kernel = made(2, 50, 1, 8, (1.5, 3.0), overlap=overlap)
    assert len(kernel.weight) == 4  # 1 + ceil(log2(50 / 8))
    assert kernel.reach == 64
    for channel, decay in enumerate([1.5, 3.0]):
        weights = kernel.weight.detach()[:, 0, channel]
        if overlap:
            whole = torch.zeros(64).double()
            for i, w in enumerate(weights):
                whole[: 8 * 2**i] += interpolated(w, 2**i) / decay**i
        else:
            whole = torch.cat([interpolated(w, 2 ** max(0, i - 1)) / decay**i for i, w in enumerate(weights)])
        assert torch.allclose(kernel()[0, channel], whole / whole.norm(), atol=1e-12)


def test_the_norm_is_fixed_at_construction():
    kernel = made(3, 100, 2, 16)
    assert torch.allclose(kernel().norm(dim=-1), torch.ones(2, 3).double())
    saved = {name: value.clone() for name, value in kernel.state_dict().items()}
    with torch.no_grad():
        kernel.weight.mul_(3.0)
    assert torch.allclose(kernel().norm(dim=-1), torch.full((2, 3), 3.0).double())
    other = made(3, 100, 2, 16, seed=9)
    other.load_state_dict(saved)
    assert torch.allclose(3.0 * other(), kernel(), atol=1e-12)


@pytest.mark.parametrize("overlap", [False, True])
@pytest.mark.parametrize("length", [1, 7, 16, 17, 63, 64, 500])
def test_a_shorter_kernel_is_the_beginning_of_the_whole(overlap, length):
    kernel = made(2, 64, 1, 8, overlap=overlap)
    assert torch.equal(kernel(length), kernel()[..., :length])


def test_parameters_grow_by_one_scale_for_each_doubling():
    counts = [made(4, 2**p, 1, 32).weight.numel() for p in range(5, 12)]
    assert [b - a for a, b in pairwise(counts)] == [4 * 32] * 6


def test_magnitude_decays_by_half_a_scale_and_not_without_decay():
    # independent entries: the mean square of part i is that of part 0, times 4^-i, over many channels
    def sizes(decay):
        kernel = made(4000, 64, 1, 8, decay, interpolation="nearest")
        whole = (kernel() * kernel.norm).detach()[0] ** 2
        parts = whole.split([8, 8, 16, 32], dim=-1)
        mean = torch.stack([part.sum() / part.shape[-1] for part in parts])
        return mean / mean[0]

    quarter = torch.tensor([1.0, 0.25, 0.0625, 0.015625]).double()
    assert torch.allclose(sizes(2.0), quarter, rtol=0.05)
    assert torch.allclose(sizes(1.0), torch.ones(4).double(), rtol=0.05)


def test_more_taps_than_steps_is_a_free_kernel():
    kernel = made(2, 10, 1, 16)
    assert kernel.weight.shape == (1, 1, 2, 16)
    assert torch.allclose(kernel(10), (kernel.weight[0] / kernel.norm)[..., :10])


def test_cosines_have_a_frequency_of_their_own_in_each_channel():
    kernel = made(5, 16, 1, 16, init="cosine")
    spectra = torch.fft.rfft(kernel.weight.detach()[0, 0, :, :-1]).abs()
    assert sorted(spectra.argmax(-1).tolist()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("sizes", "options", "message"),
    [
        ((0, 8), {}, "channels"),
        ((1, 0), {}, "max_length"),
        ((1, 8), {"taps": 0}, "taps"),
        ((1, 8), {"decay": 0.0}, "decay"),
        ((1, 8), {"decay": (2.0, -1.0)}, "decay"),
        ((1, 8), {"init": "zeros"}, "init"),
        ((1, 8), {"interpolation": "cubic"}, "interpolation"),
    ],
)
def test_what_cannot_be_is_refused(sizes, options, message):
    with pytest.raises(InvalidInputError, match=message):
        made(*sizes, **options)
