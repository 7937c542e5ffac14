"""Criticality of wide networks: at which initial variances signals neither explode nor vanish with depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import brentq
from torch import Tensor

from augury.errors import InvalidInputError, NotSupportedError
from augury.kernels.activation import Activation, resolve_activation
from augury.kernels.gaussian_moments import ActivationMoments, hermite_coefficients

ActivationLike = str | Callable[[Tensor], Tensor] | Activation
"""A name, an elementwise callable of tensors, or an `Activation`."""

SCALE_INVARIANT = "scale-invariant"
ZERO_KERNEL = "K*=0"
HALF_STABLE = "half-stable"

#: Where a fixed point is looked for, and how many places per factor of ten.
_KERNEL_RANGE = (1e-3, 1e3)
_PER_DECADE = 40
#: Small kernels, the first of which that differs shows whether a zero fixed point attracts.
_SMALL_KERNELS = (1e-6, 1e-4, 1e-2, 1e-1)


class Susceptibilities(NamedTuple):
    """How a small difference of the kernel grows in one layer.

    Args:
        parallel: of a difference in size, `chi_par`.
        perpendicular: of a difference in direction, and of the mean-square gradient, `chi_perp`.
    """

    parallel: Tensor
    perpendicular: Tensor


@dataclass(frozen=True)
class CriticalPoint:
    r"""Initial variances at which both susceptibilities are 1 at a fixed point of the kernel.

    Args:
        weight_var: `C_W`; weights have variance `C_W / fan_in`.
        bias_var: `C_b`, the variance of biases.
        kernel: the fixed point `K*`; None for the scale-invariant class, where every kernel is one.
        universality_class: `"scale-invariant"`, `"K*=0"` or `"half-stable"`.
        vertex_rate: `nu`; the non-Gaussianity `V / (n K^2)` grows like `nu l / n` with the layer `l` (in the
            half-stable class where the kernel stands at `K*`; a fifth of that while it still approaches).
    """

    weight_var: float
    bias_var: float
    kernel: float | None
    universality_class: str
    vertex_rate: float


def susceptibilities(
    activation: ActivationLike, kernel: Tensor | float, weight_var: float, residual: float = 0.0
) -> Susceptibilities:
    r"""The susceptibilities of a layer `z' = b + W sigma(z) + gamma z` at kernel `K`.

    .. math::
        \chi_\parallel = \gamma^2 + \frac{C_W}{2 K^2} \langle \sigma^2 (z^2 - K) \rangle_K, \qquad
        \chi_\perp = \gamma^2 + C_W \langle \sigma'^2 \rangle_K

    Source: Roberts, Yaida and Hanin (2022), eqs. 5.9, 5.13 and their residual forms.

    Args:
        activation: a name, a callable, or an `Activation`.
        kernel: `...` positive kernels.
        weight_var: `C_W`.
        residual: `gamma`, the weight of the identity.

    Raises:
        InvalidInputError: a negative variance, a kernel that is not positive, `residual` outside [0, 1).
    """
    kernel = torch.as_tensor(kernel, dtype=torch.float64)
    check_variances(weight_var, 0.0, residual)
    if not bool((kernel > 0).all() and torch.isfinite(kernel).all()):
        raise InvalidInputError("the kernel must be positive and finite to have susceptibilities")
    moments = ActivationMoments.of(resolve_activation(activation), kernel)
    return susceptibilities_of(moments, weight_var, residual)


def susceptibilities_of(moments: ActivationMoments, weight_var: float, residual: float) -> Susceptibilities:
    """`susceptibilities` where the activation's moments are already known."""
    return Susceptibilities(
        residual**2 + weight_var * moments.slope, residual**2 + weight_var * moments.derivative
    )


def fixed_points(
    activation: ActivationLike, weight_var: float, bias_var: float, residual: float = 0.0
) -> list[float]:
    """The kernels between 1e-3 and 1e3 that a layer maps to themselves, `K = C_b + C_W g(K) + gamma^2 K`.

    A scale-invariant activation at criticality, where every kernel is one, has none listed; nor is 0.

    Raises:
        InvalidInputError: a negative variance, or `residual` outside [0, 1).
    """
    resolved = resolve_activation(activation)
    check_variances(weight_var, bias_var, residual)

    def excess(kernel: Tensor) -> Tensor:
        second = ActivationMoments.of(resolved, kernel).second
        return (bias_var + weight_var * second) / kernel - (1.0 - residual**2)

    return _roots(excess)


def critical_point(activation: ActivationLike, residual: float = 0.0) -> CriticalPoint:
    r"""The critical initialisation of networks with this activation.

    Three universality classes have one.

    - Scale-invariant (linear, ReLU, leaky ReLU): `C_b = 0` and `C_W = (1 - gamma^2) / A_2`, where
      `A_2 = (a_+^2 + a_-^2) / 2` of the two slopes.
    - `K* = 0` (tanh, sin, erf): `C_b = 0` and `C_W = (1 - gamma^2) / sigma'(0)^2`; the kernel decays like
      `1 / l`.
    - Half-stable (GELU, SiLU): `K*` is the root of `chi_par = chi_perp`, `C_W = (1 - gamma^2) / <sigma'^2>`
      and `C_b = (1 - gamma^2) K* - C_W g(K*)`.

    Source: Roberts, Yaida and Hanin (2022), chapter 5.

    Args:
        activation: a name, a callable, or an `Activation`.
        residual: `gamma`, the weight of the identity in each layer.

    Raises:
        InvalidInputError: an unknown name, or `residual` outside [0, 1).
        NotSupportedError: the activation has no critical point (sigmoid, softplus, perceptron).
    """
    resolved = resolve_activation(activation)
    check_variances(1.0, 0.0, residual)
    scale = 1.0 - residual**2
    if _is_scale_invariant(resolved):
        moments = ActivationMoments.of(resolved, torch.tensor(1.0, dtype=torch.float64))
        if float(moments.second) > 0.0:
            weight_var = scale / float(moments.second)
            return CriticalPoint(
                weight_var, 0.0, None, SCALE_INVARIANT, _vertex_rate(resolved, 1.0, weight_var, residual)
            )
    elif _attracts_to_zero(resolved):
        slope = float(resolved.derivative(torch.zeros((), dtype=torch.float64)))
        # At small K, V / K^2 gains 2 (1 - gamma^4) a layer while the kernel's decay takes 2 / l of it.
        rate = 2.0 * (1.0 - residual**4) / 3.0
        return CriticalPoint(scale / slope**2, 0.0, 0.0, ZERO_KERNEL, rate)
    else:
        for kernel in _roots(lambda k: _susceptibility_gap(resolved, k)):
            moments = ActivationMoments.of(resolved, torch.tensor(kernel, dtype=torch.float64))
            weight_var = scale / float(moments.derivative)
            bias_var = scale * kernel - weight_var * float(moments.second)
            if bias_var >= 0.0:
                rate = _vertex_rate(resolved, kernel, weight_var, residual)
                return CriticalPoint(weight_var, bias_var, kernel, HALF_STABLE, rate)
    raise NotSupportedError(
        f"{resolved.name} has no critical point: no variances of weights and biases keep both "
        "susceptibilities at 1; choose an activation that has one (relu, tanh, gelu, silu), or give the "
        "variances yourself"
    )


def check_variances(weight_var: float, bias_var: float, residual: float) -> None:
    """Refuse negative or infinite variances, and a residual weight outside [0, 1)."""
    for name, value in (("weight_var", weight_var), ("bias_var", bias_var)):
        if not (np.isfinite(value) and value >= 0.0):
            raise InvalidInputError(f"{name} must be a finite number that is not negative; given {value:g}")
    if not 0.0 <= residual < 1.0:
        raise InvalidInputError(f"residual must be in [0, 1); given {residual:g}")


def _is_scale_invariant(activation: Activation) -> bool:
    z = torch.tensor([-1.7, -0.3, 0.3, 1.7], dtype=torch.float64)
    value = activation.function(z)
    return bool(torch.allclose(activation.function(4.0 * z), 4.0 * value, rtol=1e-12, atol=1e-14))


def _attracts_to_zero(activation: Activation) -> bool:
    """Whether zero is a stable fixed point of the kernel at `C_b = 0`, `C_W = 1 / sigma'(0)^2`."""
    zero = torch.zeros((), dtype=torch.float64)
    slope = float(activation.derivative(zero))
    if abs(float(activation.function(zero))) > 1e-12 or not np.isfinite(slope) or abs(slope) < 1e-12:
        return False
    small = torch.tensor(_SMALL_KERNELS, dtype=torch.float64)
    gap = ActivationMoments.of(activation, small).slope / slope**2 - 1.0
    decided = gap[gap.abs() > 1e-9]
    return len(decided) > 0 and float(decided[0]) < 0.0


def _susceptibility_gap(activation: Activation, kernel: Tensor) -> Tensor:
    """`chi_par / chi_perp - 1` without residual; its root does not depend on `C_W`, nor on the residual."""
    moments = ActivationMoments.of(activation, kernel)
    return moments.slope / moments.derivative - 1.0


def _roots(function: Callable[[Tensor], Tensor]) -> list[float]:
    """The sign changes of a function of kernels (`...` to `...`) over `_KERNEL_RANGE`, refined by Brent."""
    low, high = np.log10(_KERNEL_RANGE)
    grid = np.logspace(low, high, int((high - low) * _PER_DECADE) + 1)
    values = function(torch.from_numpy(grid)).numpy()
    found = []
    for index in np.flatnonzero(np.isfinite(values[:-1] * values[1:]) & (values[:-1] * values[1:] < 0.0)):
        root = brentq(
            lambda k: float(function(torch.tensor(k, dtype=torch.float64))),
            grid[index],
            grid[index + 1],
            xtol=1e-13,
            rtol=1e-14,
        )
        found.append(float(root))
    return found


def _vertex_rate(activation: Activation, kernel: float, weight_var: float, residual: float) -> float:
    """What `V / K^2` gains in a layer at a fixed point where both susceptibilities are 1, far from the first.

    With a residual, the cumulants of order `m` in one neuron and 2 in another have then reached
    `gamma^m C_W s_m / (K (1 - gamma^m))`, `s_m` the Hermite coefficients of `sigma^2`.
    """
    K = torch.tensor(kernel, dtype=torch.float64)
    moments = ActivationMoments.of(activation, K)
    gain = weight_var**2 * float(moments.fourth - moments.second.square())
    gain += 4.0 * residual**2 * weight_var * float(moments.slope) * kernel**2
    coefficients = hermite_coefficients(activation, K).numpy()
    powers = residual ** np.arange(1, len(coefficients))
    terms = coefficients[1:] ** 2 * powers / (1.0 - powers)
    gain += 2.0 * weight_var**2 * float(terms.sum() - terms[1])
    return gain / kernel**2
