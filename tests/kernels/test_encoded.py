"""A kernel on the features of a network."""

from __future__ import annotations

import pytest
import torch
from gpytorch.kernels import MaternKernel, RBFKernel, ScaleKernel
from torch import nn

from augury.errors import InvalidInputError
from augury.kernels.encoded import EncodedKernel
from augury.networks import MLP


def points(*shape, seed=0):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def kernel(**arguments):
    return EncodedKernel(MLP(3, (8,), 2), ScaleKernel(MaternKernel(ard_num_dims=2)), **arguments).double()


def test_it_is_the_base_kernel_of_the_features():
    encoded, X, Z = kernel(), points(4, 5, 3), points(4, 6, 3, seed=1)
    expected = encoded.base_kernel(encoded.encoder(X), encoded.encoder(Z)).to_dense()
    torch.testing.assert_close(encoded(X, Z).to_dense(), expected)
    full = encoded(X, X.clone()).to_dense()
    torch.testing.assert_close(encoded(X, diag=True), full.diagonal(dim1=-2, dim2=-1))
    assert bool((torch.linalg.eigvalsh(full) > -1e-10).all())


def test_gradients_reach_inputs_weights_and_hyperparameters():
    encoded, X = kernel(), points(4, 3).requires_grad_(True)
    assert torch.autograd.gradcheck(lambda x: encoded(x, points(3, 3, seed=1)).to_dense(), X)
    encoded(X, X).to_dense().square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in encoded.parameters())


def test_the_prior_is_a_normal_density_of_the_trainable_weights():
    encoded = kernel(weight_scale=0.5)
    encoded.encoder[0].bias.requires_grad_(False)
    ((name, _, prior, closure, _),) = encoded.named_priors()
    weights = torch.cat(
        [encoded.encoder[0].weight.reshape(-1), *(p.reshape(-1) for p in encoded.encoder[2].parameters())]
    )
    expected = torch.distributions.Normal(0.0, 0.5).log_prob(weights).sum()
    torch.testing.assert_close(prior.log_prob(closure(encoded)).sum(), expected)
    assert name == "weight_prior"
    assert not list(EncodedKernel(nn.Identity(), RBFKernel(), weight_scale=0.5).named_priors())


def test_dropout_does_not_make_it_random():
    encoded = EncodedKernel(nn.Sequential(MLP(3, (8,), 2), nn.Dropout(0.5)), RBFKernel()).double()
    encoded.train()
    X = points(5, 3)
    assert torch.equal(encoded(X, X).to_dense(), encoded(X, X).to_dense())


@pytest.mark.parametrize("scale", [0.0, -1.0, float("inf"), float("nan")])
def test_a_scale_that_is_none_is_refused(scale):
    with pytest.raises(InvalidInputError, match="weight_scale"):
        kernel(weight_scale=scale)
