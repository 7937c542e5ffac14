"""The moments of one activation under `z ~ N(0, K)` that the effective theory of deep networks is made of."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from augury.kernels.activation import Activation
from augury.kernels.gaussian_expectation import gaussian_nodes, integrate


@dataclass(frozen=True)
class ActivationMoments:
    r"""Gaussian expectations of `s = sigma(z)` and its derivative, `z ~ N(0, K)`; all of one shape.

    Args:
        second: `<s^2>`, the kernel's recursion `g(K)`.
        fourth: `<s^4>`.
        slope: `g'(K) = <s^2 (z^2 - K)> / (2 K^2)`.
        derivative: `<sigma'^2>`.
        odd: `<z s^2>`, zero for an odd (or even) activation.
        third_hermite: `<s^2 (z^3 - 3 K z)> / K^3`, the mean third derivative of `s^2`.
        fourth_hermite: `<s^2 (z^4 - 6 K z^2 + 3 K^2)> / K^4`, its mean fourth derivative.
    """

    second: Tensor
    fourth: Tensor
    slope: Tensor
    derivative: Tensor
    odd: Tensor
    third_hermite: Tensor
    fourth_hermite: Tensor

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
            third_hermite=mean(square * u * (u2 - 3.0)) / kernel**1.5,
            fourth_hermite=mean(square * ((u2 - 6.0) * u2 + 3.0)) / kernel.square(),
        )
