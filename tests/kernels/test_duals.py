"""Dual maps against brute-force quadrature, and their derivatives."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from scipy import integrate

from augury.kernels.activation import ACTIVATIONS, leaky_relu, resolve_activation
from augury.kernels.closed_forms import PiecewiseLinearDual
from augury.kernels.duals import dual_of
from augury.kernels.hermite import HermiteDual

NAMES = [name for name in ACTIVATIONS if name not in ("identity", "swish")]
CASES = [(0.7, 0.3, 1.1), (2.0, -1.1, 0.9), (9.0, 8.0, 10.0), (0.5, 0.5, 0.5)]


def tensors(case):
    return tuple(torch.tensor(float(value), dtype=torch.float64) for value in (case[1], case[0], case[2]))


def brute_force(function, case, nodes=800):
    """E[f(u) f(v)] on a fine midpoint grid of angle and a Gauss-Laguerre-like radius: exact rays at kinks."""
    a, k, b = case
    L = np.linalg.cholesky(np.array([[a, k], [k, b]]) + 1e-300) if a * b > k * k else None
    radius, weights = np.polynomial.legendre.leggauss(400)
    radius, weights = 4.7 * (radius + 1.0), 4.7 * weights
    angles, pieces = angle_nodes(L, a, nodes)
    z = np.stack([np.outer(radius, np.cos(angles)), np.outer(radius, np.sin(angles))])
    u = np.sqrt(a) * z[0]
    v = u if L is None else L[1, 0] * z[0] + L[1, 1] * z[1]
    f = lambda x: function(torch.from_numpy(x)).numpy()  # noqa: E731
    density = radius * np.exp(-0.5 * radius**2) / (2 * np.pi) * weights
    return float(density @ (f(u) * f(v)) @ pieces)


def angle_nodes(L, a, nodes):
    """Gauss-Legendre between the angles at which u or v changes sign."""
    cuts = [0.5 * np.pi, 1.5 * np.pi]
    if L is not None:
        cuts += [
            (np.arctan2(-L[1, 0], L[1, 1])) % (2 * np.pi),
            (np.arctan2(-L[1, 0], L[1, 1]) + np.pi) % (2 * np.pi),
        ]
    cuts = sorted(cuts)
    cuts.append(cuts[0] + 2 * np.pi)
    x, w = np.polynomial.legendre.leggauss(nodes // (len(cuts) - 1))
    angles = [0.5 * (hi - lo) * (x + 1) + lo for lo, hi in itertools.pairwise(cuts)]
    pieces = [0.5 * (hi - lo) * w for lo, hi in itertools.pairwise(cuts)]
    return np.concatenate(angles), np.concatenate(pieces)


@pytest.mark.parametrize("case", CASES[:2])
def test_the_brute_force_agrees_with_scipy(case):
    a, k, b = case
    precision = np.linalg.inv([[a, k], [k, b]])
    norm = 2 * np.pi * np.sqrt(a * b - k * k)

    def integrand(v, u):
        return np.tanh(u) * np.tanh(v) * np.exp(-0.5 * np.array([u, v]) @ precision @ np.array([u, v])) / norm

    value, _ = integrate.dblquad(integrand, -9, 9, -9, 9, epsabs=1e-9)
    assert brute_force(torch.tanh, case) == pytest.approx(value, abs=2e-8)


@pytest.mark.parametrize(
    ("name", "case"),
    # the brute-force grid does not reach as far as exp of a large variance
    [(name, case) for name in NAMES for case in CASES if name != "exp" or case[0] <= 5],
)
def test_products_are_expectations(name, case):
    activation, dual = resolve_activation(name), dual_of(name)
    expected = brute_force(activation.function, case)
    assert float(dual.product(*tensors(case))) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    expected = brute_force(activation.derivative, case)
    assert float(dual.slope_product(*tensors(case))) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_squares_are_products_of_a_variable_with_itself(name):
    dual, q = dual_of(name), torch.tensor([0.2, 1.5, 4.0], dtype=torch.float64)
    torch.testing.assert_close(dual.square(q), dual.product(q, q, q), rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(dual.slope_square(q), dual.slope_product(q, q, q), rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_slopes(name):
    dual = dual_of(name)
    arguments = [
        torch.tensor(values, dtype=torch.float64).requires_grad_(True)
        for values in ([[0.3, -0.4], [0.1, 0.6]], [[0.7], [1.3]], [[1.1, 0.9]])
    ]
    assert torch.autograd.gradcheck(dual.product, arguments)
    assert torch.autograd.gradcheck(dual.slope_product, arguments)
    assert torch.autograd.gradcheck(dual.square, arguments[1:2])
    (slope,) = torch.autograd.grad(dual.product(*arguments).sum(), arguments[:1])
    torch.testing.assert_close(slope, dual.slope_product(*arguments).detach(), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_finite_where_inputs_coincide_or_vanish(name):
    dual = dual_of(name)
    for q in (1.3, 0.0):
        K = torch.tensor(q, dtype=torch.float64).requires_grad_(True)
        for value in (dual.product(K, K, K), dual.slope_product(K, K, K), dual.square(K)):
            (slope,) = torch.autograd.grad(value, K)
            assert torch.isfinite(value)
            assert torch.isfinite(slope)


def test_the_closed_forms_agree_with_the_series():
    for name in ("erf", "sin", "gelu", "exp"):
        activation = resolve_activation(name)
        series = HermiteDual(activation.function, activation.derivative)
        for case in ((0.7, 0.3, 1.1), (2.0, -1.1, 0.9)):
            expected = dual_of(name).product(*tensors(case))
            torch.testing.assert_close(series.product(*tensors(case)), expected, rtol=1e-11, atol=1e-11)


def test_a_kinked_callable_is_close_to_its_closed_form():
    series = dual_of(lambda z: torch.where(z > 0, z, 0.2 * z))
    exact = dual_of(leaky_relu(0.2))
    assert isinstance(series, HermiteDual)
    assert isinstance(exact, PiecewiseLinearDual)
    for case in CASES:
        torch.testing.assert_close(
            series.product(*tensors(case)), exact.product(*tensors(case)), rtol=2e-5, atol=0
        )
