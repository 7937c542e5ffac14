"""Activations as polynomials, by their Hermite expansion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, final

import numpy as np
import torch
from numpy.polynomial import hermite_e
from torch import Tensor

from augury.errors import InvalidInputError
from augury.kernels.activation import Activation
from augury.kernels.hermite import gaussian_nodes


@final
@dataclass(frozen=True)
class PowerSeries:
    r"""A function of one number as a polynomial.

    .. math::
        f(z) \approx \sum_{n=0}^N p_n z^n = \sum_{n=0}^N a_n \mathrm{He}_n(z / s), \qquad
        a_n = \mathbb E[f(s u) \mathrm{He}_n(u)] / n!, \quad u \sim \mathcal N(0, 1)

    the best polynomial of its degree in mean square for `z ~ N(0, s^2)`; kinks are allowed.

    Args:
        coefficients: `p_0 ... p_N`.
        scale: `s`.
        residual: the root mean squared error under that law.
    """

    coefficients: Tensor
    scale: float
    residual: float

    @classmethod
    def of(cls, activation: Activation, degree: int = 6, scale: float = 1.0) -> Self:
        """The Hermite expansion of an activation.

        Args:
            activation: the function.
            degree: `N`.
            scale: the standard deviation of its argument.

        Raises:
            InvalidInputError: a degree below 0 or above 20, or a scale that is not positive.
        """
        if not (0 <= degree <= 20 and scale > 0.0):
            raise InvalidInputError(
                f"degree must be 0 to 20 and scale positive; given {degree} and {scale:g}"
            )
        u, weights = (values.numpy() for values in gaussian_nodes())
        values = activation(torch.from_numpy(scale * u)).numpy()
        basis = hermite_e.hermevander(u, degree)
        norms = np.cumprod([1.0, *range(1, degree + 1)])
        found = basis.T @ (weights * values) / norms
        error = weights @ (values - basis @ found) ** 2
        powers = hermite_e.herme2poly(found) / scale ** np.arange(degree + 1)
        return cls(torch.from_numpy(powers), float(scale), float(np.sqrt(max(error, 0.0))))

    def __call__(self, z: Tensor) -> Tensor:
        """The polynomial at `z`, of its shape."""
        value = torch.zeros_like(z)
        for coefficient in self.coefficients.flip(0).tolist():
            value = value * z + coefficient
        return value
