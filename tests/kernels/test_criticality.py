"""Critical points: the published numbers, and the property that defines them."""

from __future__ import annotations

from math import pi, sqrt

import pytest
import torch
from torch.nn import functional

from augury.errors import InvalidInputError, NotSupportedError
from augury.kernels.activation import resolve_activation
from augury.kernels.criticality import (
    HALF_STABLE,
    SCALE_INVARIANT,
    ZERO_KERNEL,
    critical_point,
    fixed_points,
    susceptibilities,
)
from augury.kernels.gaussian_expectation import gaussian_expectation

CLASSES = {
    "relu": SCALE_INVARIANT,
    "leaky_relu": SCALE_INVARIANT,
    "linear": SCALE_INVARIANT,
    "tanh": ZERO_KERNEL,
    "sin": ZERO_KERNEL,
    "erf": ZERO_KERNEL,
    "gelu": HALF_STABLE,
    "silu": HALF_STABLE,
}


def test_gelu_and_silu_stand_at_the_published_points():
    gelu, silu = critical_point("gelu"), critical_point("silu")
    assert gelu.kernel == pytest.approx((3.0 + sqrt(17.0)) / 2.0, abs=1e-11)
    assert round(gelu.weight_var, 8) == 1.98305826
    assert round(gelu.bias_var, 8) == 0.17292239
    assert round(silu.kernel, 7) == 14.3201736
    assert round(silu.weight_var, 8) == 1.98800468
    assert round(silu.bias_var, 8) == 0.55514317


@pytest.mark.parametrize(
    ("activation", "weight_var", "rate"),
    [
        ("relu", 2.0, 5.0),
        ("linear", 1.0, 2.0),
        ("tanh", 1.0, 2 / 3),
        ("sin", 1.0, 2 / 3),
        ("erf", pi / 4, 2 / 3),
    ],
)
def test_the_other_classes_stand_at_the_published_points(activation, weight_var, rate):
    point = critical_point(activation)
    assert point.weight_var == pytest.approx(weight_var, rel=1e-14)
    assert point.bias_var == 0.0
    assert point.vertex_rate == pytest.approx(rate, rel=1e-13)


@pytest.mark.parametrize("residual", [0.0, 0.7, 0.99])
@pytest.mark.parametrize("activation", CLASSES)
def test_both_susceptibilities_are_one_at_a_fixed_point(activation, residual):
    point = critical_point(activation, residual)
    assert point.universality_class == CLASSES[activation]
    kernel = {None: 0.7, 0.0: 1e-9}.get(point.kernel, point.kernel)
    parallel, perpendicular = susceptibilities(activation, kernel, point.weight_var, residual)
    assert float(parallel) == pytest.approx(1.0, abs=1e-7)
    assert float(perpendicular) == pytest.approx(1.0, abs=1e-7)
    second = gaussian_expectation(lambda z: resolve_activation(activation)(z).square(), kernel)
    mapped = point.bias_var + point.weight_var * float(second) + residual**2 * kernel
    assert mapped == pytest.approx(kernel, rel=1e-7)


@pytest.mark.parametrize("activation", ["tanh", "gelu", "relu"])
def test_parallel_susceptibility_is_the_slope_of_the_recursion(activation):
    def recursion(kernel):
        return 1.7 * gaussian_expectation(lambda z: resolve_activation(activation)(z).square(), kernel)

    kernel, step = 1.3, 1e-5
    slope = float(recursion(kernel + step) - recursion(kernel - step)) / (2 * step) + 0.5**2
    assert float(susceptibilities(activation, kernel, 1.7, 0.5).parallel) == pytest.approx(slope, rel=1e-8)


@pytest.mark.parametrize("activation", ["sigmoid", "softplus", "exp", "cos", torch.sign])
def test_an_activation_without_a_critical_point_says_so(activation):
    with pytest.raises(NotSupportedError, match="no critical point"):
        critical_point(activation)


def test_any_callable_will_do():
    assert critical_point(functional.elu).universality_class == ZERO_KERNEL
    assert critical_point(functional.hardtanh).universality_class == ZERO_KERNEL
    assert critical_point(functional.mish).universality_class == HALF_STABLE
    assert critical_point(lambda z: 3.0 * z.clamp_min(0.0)).weight_var == pytest.approx(2.0 / 9.0)


def test_fixed_points_are_mapped_to_themselves():
    assert fixed_points("relu", 1.0, 1.0) == [pytest.approx(2.0, rel=1e-12)]  # K = 1 + K / 2
    assert fixed_points("tanh", 0.5, 0.0) == []
    (kernel,) = fixed_points("tanh", 3.0, 0.5, residual=0.3)
    second = gaussian_expectation(lambda z: torch.tanh(z).square(), kernel)
    assert 0.5 + 3.0 * float(second) + 0.09 * kernel == pytest.approx(kernel, rel=1e-12)


@pytest.mark.parametrize("residual", [1.0, -0.1, float("nan")])
def test_a_residual_outside_its_range_is_refused(residual):
    with pytest.raises(InvalidInputError, match=r"residual must be in \[0, 1\)"):
        critical_point("relu", residual)


def test_kernels_and_variances_without_meaning_are_refused():
    with pytest.raises(InvalidInputError, match="must be positive"):
        susceptibilities("relu", 0.0, 1.0)
    with pytest.raises(InvalidInputError, match="weight_var"):
        susceptibilities("relu", 1.0, -1.0)
