"""Activations as sums of waves."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Self, final

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.kernels.activation import Activation

#: The period of the waves, in half-widths of the interval: beyond it they may do what they like.
_PERIOD = 4.0
_GRID = 2001
_MOST_TERMS = 60
#: Coefficients are kept from growing beyond what lowers the residual, relative to the size of the function.
_RIDGE = 1e-8


@final
@dataclass(frozen=True)
class FourierSeries:
    r"""A function of one number as a sum of waves.

    .. math:: f(z) \approx \operatorname{Re} \sum_k c_k e^{i \omega_k z}, \qquad \omega_k \ge 0

    exact for `cos` and `sin`; a least-squares fit on `[-reach, reach]` for any other (a Fourier extension:
    the period is twice the interval, so that a function need not be periodic).

    Args:
        frequencies: `K`, not negative.
        coefficients: `K` complex numbers.
        reach: half the width of the interval; infinite where the series is exact.
        residual: the largest error on the interval.
    """

    frequencies: Tensor
    coefficients: Tensor
    reach: float
    residual: float

    @classmethod
    def of(cls, activation: Activation, reach: float = 2.0, tolerance: float = 1e-2) -> Self:
        """The series of an activation with the fewest waves.

        Args:
            activation: the function.
            reach: half the width of the interval about 0 in which it is wanted.
            tolerance: the largest error allowed, relative to the largest value there.

        Raises:
            InvalidInputError: a reach or tolerance that is not positive, or a tolerance that 60 waves do not
                reach.
        """
        if not (reach > 0.0 and tolerance > 0.0):
            raise InvalidInputError(
                f"reach and tolerance must be positive; given {reach:g} and {tolerance:g}"
            )
        one = torch.ones(1, dtype=torch.float64)
        if activation.closed_form and activation.name in ("cos", "sin"):
            coefficient = one + 0j if activation.name == "cos" else -1j * one
            return cls(one, coefficient, float("inf"), 0.0)
        z = torch.linspace(-reach, reach, _GRID, dtype=torch.float64)
        values = activation(z)
        size = float(values.abs().max())
        for terms in range(1, _MOST_TERMS + 1):
            frequencies = 2.0 * pi / (_PERIOD * reach) * torch.arange(terms + 1, dtype=torch.float64)
            phase = z.unsqueeze(-1) * frequencies
            basis = torch.cat([phase.cos(), phase.sin()[:, 1:]], dim=1)
            penalty = _RIDGE * torch.eye(basis.shape[1], dtype=torch.float64)
            found = torch.linalg.lstsq(
                torch.cat([basis / _GRID**0.5, penalty]),
                torch.cat([values / _GRID**0.5, values.new_zeros(len(penalty))]),
                driver="gelsd",
            ).solution
            residual = float((basis @ found - values).abs().max())
            if residual <= tolerance * size:
                sines = torch.cat([found.new_zeros(1), found[terms + 1 :]])
                series = torch.complex(found[: terms + 1], -sines)
                kept = series.abs() > 1e-3 * residual / (terms + 1)  # an odd function has no cosines
                return cls(frequencies[kept], series[kept], reach, residual)
        raise InvalidInputError(
            f"{_MOST_TERMS} waves leave an error of {residual / size:.2g} of the largest value of "
            f"{activation.name!r} on [-{reach:g}, {reach:g}]; raise the tolerance ({tolerance:g}) or shorten "
            "the reach"
        )

    def __call__(self, z: Tensor) -> Tensor:
        """The sum at `z`, of its shape."""
        phase = z.unsqueeze(-1) * self.frequencies.to(z)
        c = self.coefficients
        return phase.cos() @ c.real.to(z) - phase.sin() @ c.imag.to(z)
