"""Networks of finite width at initialisation, layer by layer: how far they are from their Gaussian limit."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
import torch

from augury.errors import InvalidInputError
from augury.kernels.activation import resolve_activation
from augury.kernels.criticality import (
    SCALE_INVARIANT,
    ActivationLike,
    CriticalPoint,
    check_variances,
    critical_point,
    susceptibilities_of,
)
from augury.kernels.gaussian_moments import HERMITE_ORDERS, ActivationMoments, hermite_coefficients


@dataclass(frozen=True)
class NetworkStatistics:
    r"""How one input's preactivations `z` are distributed over networks: arrays of one entry a layer.

    Args:
        width: `n`, the width of the hidden layers.
        kernel: `K`, the variance of `z` at infinite width.
        parallel: `chi_par` of the layer that follows.
        perpendicular: `chi_perp` of the layer that follows.
        vertex: `V`; `Cov(z_i^2, z_j^2) = V / n` to leading order, and `E[z^4] - 3 E[z^2]^2 = 3 V / n`.
        three_point: `T`; `E[z_i z_j^2] = T / n`, zero without a residual or for an odd activation.
        correction: `G1`; `E[z^2] = K + G1 / n` up to order `1 / n^2`.
        tangent: `Theta`, the neural tangent kernel at infinite width, with rates `C_b` and `C_W`.
    """

    width: int
    kernel: np.ndarray
    parallel: np.ndarray
    perpendicular: np.ndarray
    vertex: np.ndarray
    three_point: np.ndarray
    correction: np.ndarray
    tangent: np.ndarray

    @property
    def layer(self) -> np.ndarray:
        """1, 2, ..., `depth`."""
        return np.arange(1, len(self.kernel) + 1)

    @property
    def nongaussianity(self) -> np.ndarray:
        """`V / (n K^2)`: far below 1 for a nearly Gaussian prior over functions, of order 1 where the
        expansion in `1 / n` has broken down."""
        return self.vertex / (self.width * self.kernel**2)

    @property
    def variance(self) -> np.ndarray:
        """`K + G1 / n`."""
        return self.kernel + self.correction / self.width


def network_statistics(
    activation: ActivationLike,
    depth: int,
    width: int,
    weight_var: float | None = None,
    bias_var: float | None = None,
    residual: float = 0.0,
    input_norm: float = 1.0,
) -> NetworkStatistics:
    r"""Kernel flow, susceptibilities, tangent kernel and `1 / n` corrections through the layers.

    The network is `z^{(1)} = b + W x`, `z^{(l+1)} = b + W sigma(z^{(l)}) + gamma z^{(l)}`, biases of variance
    `C_b`, weights of variance `C_W / fan_in`, hidden layers of one width `n`. With
    `chi' = C_W g'(K)` and `chi_par = gamma^2 + chi'`,

    .. math::
        K^{(l+1)} &= C_b + C_W \langle \sigma^2 \rangle + \gamma^2 K \\
        V^{(l+1)} &= C_W^2 (\langle \sigma^4 \rangle - \langle \sigma^2 \rangle^2) + \chi_\parallel^2 V \\
        G_1^{(l+1)} &= \chi_\parallel G_1
            + \tfrac{C_W}{8} V \langle \sigma^2 (z^4 - 6 K z^2 + 3 K^2) \rangle / K^4 \\
        \Theta^{(l+1)} &= C_b + C_W \langle \sigma^2 \rangle + \chi_\perp \Theta

    from `V = G_1 = 0` in the first layer, which is exactly Gaussian; those of `V` and `G_1` at `gamma = 0`.
    With a residual, a neuron is correlated with the mean square of its layer in every order: at order
    `1 / n` the covariances `beta_m` of `He_m(u_i)` with `He_2(u_j)`, `u = z / sqrt(K)`, all feed `V`.
    They obey, with `s_m` the Hermite coefficients of `sigma^2` and `r = gamma sqrt(K / K')`,

    .. math::
        \beta_m' = r^{m+2} \beta_m + \tfrac{C_W}{K'} r^m (m!\, s_m + s_2 \beta_m), \qquad m \ne 2,

    and `V = K^2 beta_2`, `T = K^{3/2} beta_1`; likewise the means of `He_m(u_i)`, of which `G_1` is that of
    `m = 2`.

    Sources: Roberts, Yaida and Hanin (2022), chapters 4, 5 and 8, without residual; with it, derived here by
    Mehler's formula and checked by simulation in `reproductions/effective_theory.py`.

    Args:
        activation: a name, a callable, or an `Activation`.
        depth: the number of layers `l`; the first has no nonlinearity before it.
        width: `n`.
        weight_var: `C_W`; with `bias_var` None too, the critical values.
        bias_var: `C_b`; 0 where only `weight_var` is given.
        residual: `gamma`.
        input_norm: `|x|^2 / d`, 1 for standardised inputs.

    Raises:
        InvalidInputError: depth or width below 1, negative variances, an input without signal, or a kernel
            that leaves the floating-point range.
        NotSupportedError: no variances are given and the activation has no critical point.
    """
    resolved = resolve_activation(activation)
    _check_count("depth", depth)
    _check_count("width", width)
    if weight_var is None:
        point = critical_point(resolved, residual)
        weight_var = point.weight_var
        bias_var = point.bias_var if bias_var is None else bias_var
    bias_var = 0.0 if bias_var is None else bias_var
    check_variances(weight_var, bias_var, residual)
    kernel = bias_var + weight_var * input_norm
    if not (isfinite(kernel) and input_norm >= 0.0 and kernel > 0.0):
        raise InvalidInputError(
            f"the first kernel, bias_var + weight_var * input_norm, must be positive; it is {kernel:g}"
        )
    rows = []
    order = np.arange(HERMITE_ORDERS)
    joint, single = np.zeros(HERMITE_ORDERS), np.zeros(HERMITE_ORDERS)
    tangent = kernel
    for layer in range(1, depth + 1):
        K = torch.tensor(kernel, dtype=torch.float64)
        m = ActivationMoments.of(resolved, K)
        parallel, perpendicular = (float(chi) for chi in susceptibilities_of(m, weight_var, residual))
        vertex, correction = joint[2] * sqrt(2.0) * kernel**2, single[2] * sqrt(2.0) * kernel
        rows.append((kernel, parallel, perpendicular, vertex, joint[1] * kernel**1.5, correction, tangent))
        passed = bias_var + weight_var * float(m.second)
        following = passed + residual**2 * kernel
        if layer < depth and not 1e-150 < following < 1e150:
            raise InvalidInputError(
                f"the kernel of layer {layer + 1} is {following:.3g}: it leaves the floating-point range; "
                "take fewer layers, or variances nearer to the critical ones"
            )
        tangent = passed + perpendicular * tangent
        s = weight_var / following * hermite_coefficients(resolved, K).numpy()  # of C_W sigma^2 / K'
        r = residual * sqrt(kernel / following)
        # covariances of the layer's mean square with a function of one neuron, and its variance, times n
        with_neuron = s + s[2] / sqrt(2.0) * joint
        others = float(s[1:] @ joint[1:] - s[2] * joint[2])
        with_neuron[2] += others / sqrt(2.0)
        spread = (weight_var / following) ** 2 * float(m.fourth - m.second.square())
        spread += sqrt(2.0) * s[2] * others + s[2] ** 2 / sqrt(2.0) * joint[2]
        mean = float(s[1:] @ single[1:])
        single = r**order * single
        single[3:] += 0.5 * np.sqrt(order[3:] * (order[3:] - 1.0)) * r ** order[1:-2] * with_neuron[1:-2]
        single[2] += mean / sqrt(2.0)
        single[4] += 3.0 * spread / sqrt(24.0)
        joint = r ** (order + 2) * joint + r**order * with_neuron
        joint[2] += r**2 * with_neuron[2] + spread / sqrt(2.0)
        joint[0] = 0.0
        kernel = following
    columns = np.array(rows).T
    return NetworkStatistics(width, *columns)


def scale_invariant_vertex(activation: ActivationLike, depth: int, width: int) -> np.ndarray:
    r"""`V / K^2` by layer, exact at any width, of a critical scale-invariant network without residual.

    .. math:: V / K^2 = n \left[ (1 + \nu / n)^{l-1} - 1 \right]

    The variance of a layer's preactivations is there a product of independent factors, one for each layer.

    Raises:
        InvalidInputError: depth or width below 1, or an activation that is not scale-invariant.
        NotSupportedError: an activation without a critical point.
    """
    _check_count("depth", depth)
    _check_count("width", width)
    point = critical_point(activation)
    if point.universality_class != SCALE_INVARIANT:
        raise InvalidInputError(
            f"the exact form holds for scale-invariant activations (linear, relu, leaky_relu); "
            f"this one is of the class {point.universality_class}"
        )
    exact: np.ndarray = width * np.expm1(np.arange(depth) * np.log1p(point.vertex_rate / width))
    return exact


def recommended_depth(activation: ActivationLike, width: int, outputs: int = 1, residual: float = 0.0) -> int:
    r"""A guide to the depth of a critical network of this width: `L = 4 n / ((20 + 3 n_L) nu)`, at least 1.

    It weighs what a layer adds to the representation (of order `n / L`) against the fluctuations it adds (of
    order `L / n`), by an argument from mutual information that holds in order of magnitude only.

    Source: Roberts, Yaida and Hanin (2022), appendix A (their optimal aspect ratio `r*`).

    Args:
        activation: a name, a callable, or an `Activation`.
        width: `n`.
        outputs: `n_L`, the number of outputs of the network.
        residual: `gamma`.

    Raises:
        InvalidInputError: a width or number of outputs below 1.
        NotSupportedError: the activation has no critical point.
    """
    _check_count("width", width)
    _check_count("outputs", outputs)
    return max(1, round(width * aspect_ratio(critical_point(activation, residual), outputs)))


def aspect_ratio(point: CriticalPoint, outputs: int = 1) -> float:
    """The depth-to-width ratio `r* = 4 / ((20 + 3 n_L) nu)` behind `recommended_depth`."""
    return 4.0 / ((20.0 + 3.0 * outputs) * point.vertex_rate)


def _check_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise InvalidInputError(f"{name} must be a whole number of at least 1; given {value!r}")
