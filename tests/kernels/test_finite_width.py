"""Finite width: depth laws, the exact form, and a simulation of networks."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
import torch
from reproductions.effective_theory import simulate

from augury.errors import InvalidInputError, NotSupportedError
from augury.kernels.activation import resolve_activation
from augury.kernels.criticality import critical_point
from augury.kernels.finite_width import (
    network_statistics,
    recommended_depth,
    scale_invariant_vertex,
)
from augury.kernels.gaussian_expectation import gaussian_expectation
from augury.kernels.learning_rates import equivalent_learning_rates


@pytest.mark.parametrize(("activation", "rate"), [("relu", 5.0), ("linear", 2.0)])
def test_scale_invariant_networks_leave_the_gaussian_at_a_constant_rate(activation, rate):
    statistics = network_statistics(activation, depth=12, width=64)
    np.testing.assert_allclose(statistics.kernel, statistics.kernel[0], rtol=1e-13)
    np.testing.assert_allclose(statistics.vertex / statistics.kernel**2, rate * np.arange(12), atol=1e-12)
    np.testing.assert_allclose(statistics.correction, 0.0, atol=1e-12)


@pytest.mark.parametrize(("activation", "decay"), [("tanh", 0.5), ("sin", 1.0)])
def test_the_zero_class_follows_its_power_laws(activation, decay):
    statistics = network_statistics(activation, depth=400, width=64)
    assert statistics.kernel[-1] * 400 == pytest.approx(decay, rel=0.02)
    growth = np.diff(statistics.vertex / statistics.kernel**2)
    assert growth[-1] == pytest.approx(2 / 3, rel=2e-3)


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
@pytest.mark.parametrize("residual", [0.0, 0.9])
def test_the_vertex_grows_at_the_rate_of_the_critical_point(activation, residual):
    point = critical_point(activation, residual)
    kernel = point.kernel or 1.0
    depth = 400
    statistics = network_statistics(
        activation, depth, 64, residual=residual, input_norm=(kernel - point.bias_var) / point.weight_var
    )
    growth = np.diff(statistics.vertex / statistics.kernel**2)[-1]
    passed = (1.0 - residual**2) * depth  # the layers that a decaying kernel has felt
    assert growth == pytest.approx(point.vertex_rate, rel=log(passed) / passed if kernel == 1.0 else 1e-5)


def test_a_half_stable_network_on_its_way_to_the_fixed_point_grows_a_fifth_as_fast():
    statistics = network_statistics("gelu", 400, 64, input_norm=8.0)
    growth = np.diff(statistics.vertex / statistics.kernel**2)[-1]
    assert growth == pytest.approx(critical_point("gelu").vertex_rate / 5.0, rel=0.1)


def test_the_exact_form_has_the_expansion_as_its_limit():
    exact = scale_invariant_vertex("relu", depth=8, width=64)
    assert [round(float(value), 1) for value in exact[[1, 3, 7]]] == [5.0, 16.2, 44.4]  # as simulated
    wide = scale_invariant_vertex("relu", depth=8, width=10**9)
    np.testing.assert_allclose(wide, 5.0 * np.arange(8), atol=1e-5)
    with pytest.raises(InvalidInputError, match="scale-invariant"):
        scale_invariant_vertex("tanh", depth=8, width=64)


@pytest.mark.parametrize(
    ("activation", "residual"), [("tanh", 0.0), ("relu", 0.7), ("gelu", 0.0), ("tanh", 0.5)]
)
def test_theory_agrees_with_simulated_networks(activation, residual):
    """Within four standard errors, and what the next order of `1 / n` leaves out."""
    width, depth = 200, 4
    theory = network_statistics(activation, depth, width, residual=residual)
    sampled = simulate(activation, depth, width, 10_000, residual=residual, seed=1)
    deviation = np.abs(sampled.variance - theory.variance)
    assert (deviation < 4 * sampled.variance_error + 0.3 * depth / width**2 * theory.kernel).all()
    deviation = np.abs(sampled.vertex - theory.vertex) / theory.kernel**2
    next_order = theory.vertex / theory.kernel**2 * 5 * depth / width
    assert (deviation < 4 * sampled.vertex_error / theory.kernel**2 + next_order).all()
    # and the simulation can tell: the deepest vertex is far from zero
    assert sampled.vertex[-1] > 20 * sampled.vertex_error[-1]


@pytest.mark.parametrize(("residual", "limit"), [(0.7, 30.0), (0.9, 8.886)])
def test_cumulants_of_every_order_feed_the_vertex_of_residual_networks(residual, limit):
    """As simulated at n = 500 (25,000 networks, standard errors 0.34 and 0.10); the next order adds some."""
    statistics = network_statistics("relu", depth=8, width=500, residual=residual)
    share = (statistics.vertex / statistics.kernel**2)[-1]
    assert share == pytest.approx({0.7: 28.9285, 0.9: 8.84146}[residual], rel=1e-5)
    truncated = {0.7: 28.2826, 0.9: 8.52298}[residual]  # three-point and four-point correlators alone
    assert abs(share - limit) < abs(truncated - limit)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_the_tangent_kernel_is_the_sum_of_squared_gradients(activation):
    """Over networks of width 300 with one output: `C_b |dz/db|^2 + C_W / n |dz/dW|^2`, summed over layers."""
    point, width = critical_point(activation), 300
    expected = network_statistics(activation, depth=3, width=width).tangent[-1]
    generator = torch.Generator().manual_seed(0)
    function = resolve_activation(activation).function
    found = []
    for _ in range(60):
        z, total, weights, biases = torch.ones(width, dtype=torch.float64), 0.0, [], []
        for layer, outputs in enumerate((width, width, 1)):
            scale = (point.weight_var / width) ** 0.5
            W = scale * torch.randn(outputs, width, dtype=torch.float64, generator=generator)
            b = point.bias_var**0.5 * torch.randn(outputs, dtype=torch.float64, generator=generator)
            weights.append(W.requires_grad_(True))
            biases.append(b.requires_grad_(True))
            z = b + W @ (function(z) if layer else z)
        gradients = torch.autograd.grad(z.squeeze(), weights + biases)
        for gradient in gradients[:3]:
            total += point.weight_var / width * float(gradient.square().sum())
        found.append(total + point.bias_var * sum(float(g.square().sum()) for g in gradients[3:]))
    error = np.std(found) / len(found) ** 0.5
    assert error < 0.03 * expected
    assert abs(np.mean(found) - expected) < 4 * error + 0.02 * expected


def test_equivalent_learning_rates_make_every_layer_count_alike():
    for activation in ("relu", "tanh", "gelu"):
        statistics = network_statistics(activation, depth=30, width=64)
        biases, weights = equivalent_learning_rates(activation, statistics)
        contributions = []
        for layer in range(30):
            passed = np.prod(statistics.perpendicular[layer:-1])
            square = 1.0
            if layer:
                function = resolve_activation(activation)
                kernel = statistics.kernel[layer - 1]
                square = float(gaussian_expectation(lambda z, f=function: f(z).square(), kernel))
            contributions.append((biases[layer] * passed, weights[layer] * square * passed))
        np.testing.assert_allclose(contributions, 1.0 / 30.0, rtol=1e-10)


def test_recommended_depth_is_the_published_ratio():
    assert recommended_depth("relu", 1000) == 35
    assert recommended_depth("tanh", 1000) == 261
    assert recommended_depth("relu", 4) == 1
    assert recommended_depth("relu", 1000, residual=0.9) > recommended_depth("relu", 1000)


def test_what_cannot_be_is_refused():
    for arguments in ({"depth": 0}, {"depth": 2.5}, {"width": 0}, {"weight_var": -1.0}, {"input_norm": -1.0}):
        with pytest.raises(InvalidInputError):
            network_statistics("relu", **{"depth": 3, "width": 8, **arguments})
    with pytest.raises(InvalidInputError, match="first kernel"):
        network_statistics("relu", 3, 8, input_norm=0.0)
    with pytest.raises(InvalidInputError, match="floating-point range"):
        network_statistics("relu", 300, 8, weight_var=100.0)
    with pytest.raises(NotSupportedError):
        network_statistics("sigmoid", 3, 8)
    assert np.isfinite(network_statistics("sigmoid", 3, 8, weight_var=1.0).vertex).all()
