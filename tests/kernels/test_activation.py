"""Activations by name, and from callables."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.kernels import ACTIVATIONS, Activation, leaky_relu, resolve_activation

Z = torch.tensor([-7.3, -2.1, -0.4, 0.3, 1.7, 6.2], dtype=torch.float64)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivatives_are_slopes(name):
    activation = resolve_activation(name)
    step = 1e-6
    slopes = (activation(Z + step) - activation(Z - step)) / (2 * step)
    torch.testing.assert_close(activation.derivative(Z), slopes, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivatives_are_those_of_autograd(name):
    z = Z.clone().requires_grad_(True)
    (slopes,) = torch.autograd.grad(resolve_activation(name)(z).sum(), z)
    torch.testing.assert_close(resolve_activation(name).derivative(Z), slopes)


def test_a_callable_is_differentiated_twice():
    activation = resolve_activation(lambda z: z**3)
    z = Z.clone().requires_grad_(True)
    torch.testing.assert_close(activation.derivative(Z), 3 * Z**2)
    (second,) = torch.autograd.grad(activation.derivative(z).sum(), z)
    torch.testing.assert_close(second, 6 * Z)


def test_a_constant_callable_has_no_slope():
    assert not resolve_activation(torch.ones_like).derivative(Z).any()


@pytest.mark.parametrize(
    ("given", "name"),
    [(nn.ReLU(), "relu"), (torch.tanh, "tanh"), (nn.functional.gelu, "gelu"), ("SiLU", "silu")],
)
def test_torch_functions_are_recognised(given, name):
    assert resolve_activation(given) is ACTIVATIONS[name]


def test_modules_with_other_settings_keep_them():
    assert resolve_activation(nn.LeakyReLU(0.2)).slopes == (0.2, 1.0)
    assert resolve_activation(nn.GELU(approximate="tanh")).name == "GELU"
    assert not resolve_activation(nn.Softplus(beta=2.0)).closed_form


def test_an_activation_is_itself():
    activation = leaky_relu(0.3)
    assert isinstance(activation, Activation)
    assert resolve_activation(activation) is activation


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("rellu", "no activation called 'rellu'"),
        (3, "given int"),
        (lambda z: z.sum(), "of the shape it is given"),
        (lambda z: z - z.mean(), "on each entry alone"),
        (lambda z: z.log(), "not finite"),
        (lambda z: z.nonsense(), "failed"),
    ],
)
def test_what_is_no_activation_is_refused(given, message):
    with pytest.raises(InvalidInputError, match=message):
        resolve_activation(given)
