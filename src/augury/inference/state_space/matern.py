"""Matern processes as linear stochastic differential equations."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor

from augury.errors import InvalidInputError

_ORDERS = (0.5, 1.5, 2.5)


@dataclass(frozen=True)
class MaternSDE:
    r"""A Matern process :math:`f` by a state :math:`x = (f, f', ...)` that is a Markov process.

    .. math::
        x(t + \delta) \mid x(t) \sim \mathcal N\big(A_\delta x(t),\; P - A_\delta P A_\delta^T\big), \qquad
        A_\delta = e^{-\lambda \delta} \sum_{j < s} \tfrac{\delta^j}{j!} (F + \lambda I)^j, \quad
        \lambda = \sqrt{2\nu} / \ell

    with the stationary covariance `P`. The sum is finite: all eigenvalues of `F` are :math:`-\lambda`.

    Source: Hartikainen and Sarkka, "Kalman filtering and smoothing solutions to temporal Gaussian process
    regression models", MLSP 2010.

    Args:
        nu: smoothness, 1/2, 3/2 or 5/2.
        lengthscale: positive number, as of GPyTorch's kernel of the same smoothness; a tensor to learn it.
        variance: of the process; likewise.

    Raises:
        InvalidInputError: another smoothness, or numbers that are not positive.
    """

    nu: float
    lengthscale: Tensor | float
    variance: Tensor | float

    def __post_init__(self) -> None:
        if self.nu not in _ORDERS:
            raise InvalidInputError(f"nu must be one of {_ORDERS}; given {self.nu}")
        for name in ("lengthscale", "variance"):
            if not 0.0 < float(torch.as_tensor(getattr(self, name)).detach()) < float("inf"):
                raise InvalidInputError(f"{name} must be positive and finite; given {getattr(self, name)}")

    @property
    def order(self) -> int:
        """The size `s` of the state."""
        return int(self.nu + 0.5)

    @property
    def _rate(self) -> Tensor:
        return sqrt(2.0 * self.nu) / torch.as_tensor(self.lengthscale, dtype=torch.float64)

    @property
    def stationary_covariance(self) -> Tensor:
        """`s x s`: the covariance of the state at any time."""
        rate, variance = self._rate, torch.as_tensor(self.variance, dtype=torch.float64)
        if self.order == 1:
            return variance.reshape(1, 1)
        if self.order == 2:
            return variance * torch.stack([torch.ones_like(rate), rate**2]).diag()
        kappa, zero = rate**2 / 3.0, torch.zeros_like(rate)
        rows = [
            torch.stack([torch.ones_like(rate), zero, -kappa]),
            torch.stack([zero, kappa, zero]),
            torch.stack([-kappa, zero, rate**4]),
        ]
        return variance * torch.stack(rows)

    def transition(self, step: Tensor) -> tuple[Tensor, Tensor]:
        """`A` and the covariance of what is added (`... x s x s` each) after steps of time (`...`, >= 0)."""
        rate, s = self._rate, self.order
        shifted = torch.zeros(s, s, dtype=torch.float64)  # F + rate I, nilpotent
        shifted = shifted + torch.diag(torch.ones(s - 1, dtype=torch.float64), 1) + rate * torch.eye(s)
        last = [-_BINOMIAL[s][j] * rate ** (s - j) for j in range(s)]
        shifted = shifted + torch.nn.functional.pad(torch.stack(last).unsqueeze(0), (0, 0, s - 1, 0))
        step = step[..., None, None]
        power = total = torch.eye(s, dtype=torch.float64).expand(*step.shape[:-2], s, s)
        for j in range(1, s):
            power = power @ shifted * (step / j)
            total = total + power
        A = (-rate * step).exp() * total
        P = self.stationary_covariance
        Q = P - A @ P @ A.mT
        return A, 0.5 * (Q + Q.mT)


#: Coefficients of `(D + rate)^s`, lowest power of `D` first, without the highest.
_BINOMIAL = {1: (1,), 2: (1, 2), 3: (1, 3, 3)}
