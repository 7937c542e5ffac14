"""How far the encoder of a deep kernel sees."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.models import DeepKernelGP, model_receptive_field
from augury.models.deep_kernel_receptive_field import correlation_length
from augury.networks import ArrayEncoder, SGConvEncoder


class Window(nn.Module):
    """Mean over `size` places, then over all of them."""

    def __init__(self, size):
        super().__init__()
        self.maps = nn.AvgPool1d(size, 1, size // 2)

    def forward(self, x):
        return self.maps(x).mean(-1)


def test_the_correlation_length_of_known_series():
    lags = torch.arange(60, dtype=torch.float64)
    root = torch.linalg.cholesky(torch.exp(-(lags[:, None] - lags).abs() / 5.0))
    white = torch.randn(4000, 60, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert correlation_length((white @ root.T)[:, None]) == pytest.approx(5.0, rel=0.1)
    assert correlation_length(white[:, None]) == pytest.approx(1.0 - 1.0 / math.e, abs=0.02)
    assert correlation_length(white[:, None, :1].expand(-1, 1, 9)) == math.inf


def test_the_field_of_a_window_and_the_scales_of_its_feature():
    X = torch.rand(10, 15, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.5
    model = DeepKernelGP(X, X[:, :1], encoder=ArrayEncoder(Window(5), (1, 15)))
    seen = model_receptive_field(model)
    assert (seen.field.map > 0).nonzero().flatten().tolist() == [5, 6, 7, 8, 9]
    deviation = model.features(X).std(0, correction=0)
    torch.testing.assert_close(seen.lengthscales * deviation, model.kernel().lengthscale.detach().flatten())


def test_an_array_among_other_numbers():
    X = torch.rand(10, 17, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.5
    alone = DeepKernelGP(X[:, 1:16], X[:, :1], encoder=ArrayEncoder(Window(5), (1, 15)))
    among = DeepKernelGP(X, X[:, :1], encoder=ArrayEncoder(Window(5), (1, 15), first=1))
    torch.testing.assert_close(model_receptive_field(among).field.map, model_receptive_field(alone).field.map)


def test_the_steps_of_a_series_are_its_places():
    X = torch.rand(6, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    network = SGConvEncoder(2, 10, 4, 1, 2, taps=4, bidirectional=False)
    model = DeepKernelGP(X, X[:, :1], encoder=ArrayEncoder(network, (10, 2)))
    field = model_receptive_field(model).field.map
    assert field.shape == (10,)
    seen = field > 1e-12 * field.max()  # beyond the rounding of the transform
    assert seen.tolist() == [True] * 6 + [False] * 4  # causal: the middle does not see what follows it


def test_inputs_without_places_have_none():
    X = torch.rand(6, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with pytest.raises(InvalidInputError, match="SkipEncoder"):
        model_receptive_field(DeepKernelGP(X, X[:, :1]))
