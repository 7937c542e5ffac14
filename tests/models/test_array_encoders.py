"""Deep kernels on series: encoders that take a row as the array it is, whole and compressed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from augury.models import DeepKernelGP
from augury.networks import SGConvEncoder, SoftmaxFreeEncoder, factorize

STEPS = 16


@pytest.fixture(scope="module")
def series():
    X = torch.rand(20, STEPS, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return X, (X[:, :4].mean(-1) - X[:, 8:12].mean(-1))[:, None]


@pytest.mark.parametrize(
    "encoder",
    [
        SGConvEncoder(1, STEPS, 4, 1, 2, taps=4),
        SoftmaxFreeEncoder(STEPS, 1, 4, 1, 1, 2, 4, normalize=True),
        factorize(SGConvEncoder(1, STEPS, 4, 1, 2, taps=4)),
    ],
    ids=["convolution", "attention", "factorised"],
)
def test_a_process_is_fit_on_the_features_of_series(encoder, series):
    X, Y = series
    network = nn.Sequential(nn.Unflatten(-1, (STEPS, 1)), encoder)
    model = DeepKernelGP(X, Y, encoder=network)
    before = model.features(X)
    model.fit()
    assert model.features(X).shape == (20, 2)
    assert not torch.allclose(model.features(X), before)  # the encoder has learnt
    posterior = model.posterior(X)
    assert posterior.mean.shape == (20, 1)
    assert (posterior.variance > 0.0).all()
    assert (posterior.mean - Y).square().mean() < Y.var()
