"""One architecture gives the NNGP kernel, the tangent kernel and the finite network, and they agree."""

from __future__ import annotations

import pytest
import torch

from augury.errors import InvalidInputError
from augury.kernels import NNGPKernel, NTKKernel
from augury.networks import (
    Activation,
    Conv1d,
    Conv2d,
    Dense,
    Flatten,
    GlobalAveragePool,
    Residual,
    Sequential,
)
from augury.networks.architecture import learning_rates
from augury.networks.empirical import empirical_ntk

WIDE = 700


def architectures(width, outputs):
    """Of every kind of layer, wide in the hidden ones."""
    relu, gelu = Activation("relu"), Activation("gelu")
    dense, conv = Dense(width, 2.0, 0.1), Conv2d(width // 4, 2.0, 0.1)
    end = Dense(outputs, 1.5, 0.2)
    image = {"input_shape": (2, 3, 4)}
    return {
        "relu": Sequential(dense, relu, dense, relu, end),
        "tanh": Sequential(dense, Activation("tanh"), end),
        "residual": Sequential(dense, Residual(relu, dense, gelu, dense, scale=0.7), relu, end),
        "conv flatten": Sequential(conv, relu, conv, relu, Flatten(), end, **image),
        "conv pool": Sequential(conv, relu, conv, gelu, GlobalAveragePool(), end, **image),
        "conv residual": Sequential(conv, Residual(relu, conv), relu, GlobalAveragePool(), end, **image),
        "conv valid": Sequential(
            Conv2d(width // 4, 2.0, 0.1, size=2, stride=2, padding="valid"), relu, Flatten(), end, **image
        ),
        "conv1d": Sequential(
            Conv1d(width // 2, 2.0, 0.1),
            relu,
            Conv1d(width // 2, size=2, stride=2),
            relu,
            GlobalAveragePool(),
            end,
            input_shape=(4, 6),
        ),
    }


NAMES = list(architectures(4, 1))


def inputs(n=4, d=24, seed=0):
    return torch.randn(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", NAMES)
def test_the_covariance_of_wide_networks_is_the_nngp_kernel(name):
    outputs, draws = 1500, 4
    network = architectures(WIDE, outputs)[name]
    X = inputs()
    with torch.no_grad():
        values = torch.cat([network.module(24, seed=seed)(X) for seed in range(draws)], dim=-1)
    K = network.nngp()(X).to_dense()
    # given the hidden layers the outputs are independent normal numbers
    scale = torch.outer(K.diagonal().sqrt(), K.diagonal().sqrt())
    error = (values @ values.T / values.shape[-1] - K) / scale
    assert error.abs().max() < 4.0 * (2.0 / (outputs * draws)) ** 0.5 + 4.0 / (WIDE * draws) ** 0.5
    wrong = K * (1.0 - 0.3 * torch.eye(4))  # the tolerance tells a kernel that is wrong by a third
    assert ((wrong - K) / scale).abs().max() > 0.2


@pytest.mark.parametrize("name", NAMES)
def test_the_tangent_kernel_of_a_wide_network_is_the_ntk(name):
    network = architectures(300, 1)[name]
    X = inputs()
    T = network.ntk()(X).to_dense()
    kernels = []
    for seed in range(4):
        module = network.module(24, seed=seed)
        kernels.append(empirical_ntk(module, X, rates=learning_rates(network, module)))
    scale = torch.outer(T.diagonal().sqrt(), T.diagonal().sqrt())
    assert ((torch.stack(kernels).mean(0) - T) / scale).abs().max() < 0.15


@pytest.mark.parametrize("name", NAMES)
def test_kernels_are_consistent_and_positive_semidefinite(name):
    network = architectures(4, 1)[name]
    X, Y = inputs(6), inputs(3, seed=1)
    for kernel in (network.nngp(), network.ntk()):
        both = kernel(torch.cat([X, Y])).to_dense()
        torch.testing.assert_close(kernel(X, Y).to_dense(), both[:6, 6:], rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(kernel(X, diag=True), both.diagonal()[:6], rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(kernel(X[:3], Y, diag=True), both[:3, 6:].diagonal(), rtol=1e-9, atol=1e-9)
        batch = kernel(torch.stack([X, 2.0 * X]), Y.expand(2, 3, 24)).to_dense()
        torch.testing.assert_close(batch[0], both[:6, 6:], rtol=1e-9, atol=1e-9)
        assert torch.linalg.eigvalsh(both)[0] > -1e-9 * both.trace()


@pytest.mark.parametrize("name", ["residual", "conv flatten", "conv pool"])
def test_kernels_are_differentiable_in_inputs_and_variances(name):
    network = architectures(4, 1)[name]
    X, Y = inputs(2), inputs(2, seed=1)
    for kernel in (network.nngp(learn=True), network.ntk(learn=True)):
        X = X.detach().requires_grad_(True)
        weights = inputs(2, 2, seed=3)
        slopes = torch.autograd.grad(kernel(X, Y).to_dense(), [X, *kernel.parameters()], weights)
        step, direction = 1e-6, inputs(2, seed=4)
        above, below = (
            (weights * kernel((X + s * step * direction).detach(), Y).to_dense()).sum() for s in (1, -1)
        )
        torch.testing.assert_close(
            (slopes[0] * direction).sum(), (above - below).detach() / (2 * step), rtol=1e-5, atol=1e-7
        )
        assert all(torch.isfinite(slope).all() and slope.any() for slope in slopes)


def test_a_plain_network_has_the_kernels_of_the_short_form():
    network = Sequential(
        Dense(8, 10.0, 1.6), Activation(), Dense(8, 10.0, 1.6), Activation(), Dense(1, 10.0, 1.6)
    )
    X = inputs(5)
    torch.testing.assert_close(network.nngp()(X).to_dense(), NNGPKernel(2)(X).to_dense())
    torch.testing.assert_close(network.ntk()(X).to_dense(), NTKKernel(2)(X).to_dense())
    assert network.nngp().scaled_duals() is not None  # and their speed


def test_pooling_sees_translations_as_the_same_image():
    end = (Activation(), GlobalAveragePool(), Dense(1))
    network = Sequential(Conv1d(8, size=1), *end, input_shape=(1, 5))
    x = inputs(1, 5)
    K = network.nngp()(torch.cat([x, x.roll(2, -1)])).to_dense()
    torch.testing.assert_close(K, K[:1, :1].expand(2, 2))


def test_modules_are_drawn_from_their_seed_alone():
    network = architectures(8, 1)["conv residual"]
    state = torch.get_rng_state()
    first, again, other = (network.module(seed=seed)(inputs()) for seed in (0, 0, 1))
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


IMAGE = {"input_shape": (3, 4, 4)}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sequential(), "at least one layer"),
        (lambda: Sequential(torch.nn.ReLU()), "takes layers .*given ReLU"),
        (lambda: Sequential(Activation()), "needs a layer with weights"),
        (lambda: Sequential(Conv2d(8), Flatten(), Dense(1)), r"layer 0 \(Conv2d\) takes data with two axes"),
        (lambda: Sequential(Conv1d(8), Flatten(), **IMAGE), r"layer 0 \(Conv1d\) takes data with one axis"),
        (
            lambda: Sequential(Conv2d(8), Dense(1), **IMAGE),
            r"layer 1 \(Dense\) takes.*8 channels at 4 x 4",
        ),
        (lambda: Sequential(Dense(8), Flatten()), r"layer 1 \(Flatten\) takes data with positions"),
        (lambda: Sequential(Conv2d(8), **IMAGE), "the network ends in 8 channels"),
        (lambda: Sequential(Conv2d(8, size=5, padding="valid"), Flatten(), **IMAGE), "5 long, longer than"),
        (
            lambda: Sequential(Dense(8), Residual(Activation(), Dense(7))),
            r"layer 1 \(Residual\) turns",
        ),
        (lambda: Residual(Dense(8), Activation()), "must end in Dense"),
        (lambda: Residual(Residual(Dense(8))), "must end in Dense"),
        (lambda: Dense(0), "width of Dense"),
        (lambda: Dense(8, weight_var=0.0), "weight_var of Dense"),
        (lambda: Conv2d(8, bias_var=-1.0), "bias_var of Conv2d"),
        (lambda: Conv2d(8, padding="full"), "padding of Conv2d"),
        (lambda: Conv2d(8, stride=0), "size and stride"),
        (lambda: Activation("rellu"), "no activation"),
        (lambda: Sequential(Dense(1), input_shape=(0, 4)), "input_shape must be"),
        (lambda: Sequential(Dense(1)).module(), "give in_features"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(make, message):
    with pytest.raises(InvalidInputError, match=message):
        make()
