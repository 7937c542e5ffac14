"""The moments of one activation under `z ~ N(0, K)` that the effective theory of deep networks is made of."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from augury.kernels.activation import Activation
from augury.kernels.gaussian_expectation import gaussian_nodes, integrate

#: Hermite coefficients that are kept; what depends on them falls off like `gamma^m`, and faster.
HERMITE_ORDERS = 48


@dataclass(frozen=True)
class ActivationMoments:
    r"""Gaussian expectations of `s = sigma(z)` and its derivative, `z ~ N(0, K)`; all of one shape.

    Args:
        second: `<s^2>`, the kernel's recursion `g(K)`.
        fourth: `<s^4>`.
        slope: `g'(K) = <s^2 (z^2 - K)> / (2 K^2)`.
        derivative: `<sigma'^2>`.
        odd: `<z s^2>`, zero for an odd (or even) activation.
    """

    second: Tensor
    fourth: Tensor
    slope: Tensor
    derivative: Tensor
    odd: Tensor

    @staticmethod
    def of(activation: Activation, kernel: Tensor) -> ActivationMoments:
        """The moments at `kernel` (`...`, positive)."""
        u, weights = gaussian_nodes(kernel, activation.kinks)
        z = kernel.sqrt().unsqueeze(-1) * u
        square = activation.function(z).square()
        u2 = u.square()

        def mean(values: Tensor) -> Tensor:
            return integrate(values, weights)

        return ActivationMoments(
            second=mean(square),
            fourth=mean(square.square()),
            slope=mean(square * (u2 - 1.0)) / (2.0 * kernel),
            derivative=mean(activation.derivative(z).square()),
            odd=mean(square * z),
        )


def hermite_coefficients(activation: Activation, kernel: Tensor) -> Tensor:
    """The coefficients `<s^2 He_m(z / sqrt K)> / sqrt(m!)` of `s^2`, `m = 0, ..., HERMITE_ORDERS - 1`.

    Args:
        activation: `sigma`.
        kernel: one positive `K`.
    """
    u, weights = gaussian_nodes(kernel, activation.kinks)
    polynomials = [torch.ones_like(u), u]
    for m in range(1, HERMITE_ORDERS - 1):
        polynomials.append((u * polynomials[m] - m**0.5 * polynomials[m - 1]) / (m + 1) ** 0.5)
    return torch.stack(polynomials) @ (weights * activation.function(kernel.sqrt() * u).square())
