"""The update of adaptive stochastic-gradient Hamiltonian Monte Carlo, for all chains at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, final

import torch
from torch import Tensor

_EPSILON = 1e-10
_LEAST_NOISE = 1e-16


@final
@dataclass
class AdaptiveState:
    """What the sampler remembers of each coordinate of each chain, all `C x P`.

    Args:
        momentum: the step last made, before friction.
        window: `tau`, the length of the moving averages.
        gradient: `g`, the average gradient.
        square: `v`, the average squared gradient; the mass matrix is its root.
    """

    momentum: Tensor
    window: Tensor
    gradient: Tensor
    square: Tensor

    @classmethod
    def start(cls, theta: Tensor) -> Self:
        """At rest, with every average 1."""
        return cls(
            torch.zeros_like(theta), torch.ones_like(theta), torch.ones_like(theta), torch.ones_like(theta)
        )

    def adapt(self, gradient: Tensor) -> None:
        r"""Burn-in: move the averages towards a stochastic gradient `G`, in this order.

        .. math::
            \tau \leftarrow \tau + 1 - \tau g^2 / v, \qquad
            g \leftarrow g + (G - g) / (\tau_{old} + 1), \qquad
            v \leftarrow v + (G^2 - v) / (\tau_{old} + 1)

        Source: Springenberg et al. (2016), section 4.2.
        """
        share = 1.0 / (self.window + 1.0)
        self.window += 1.0 - self.window * self.gradient.square() / (self.square + _EPSILON)
        self.gradient += (gradient - self.gradient) * share
        self.square += (gradient.square() - self.square) * share

    def step(
        self,
        gradient: Tensor,
        *,
        lr: float,
        friction: float,
        noisy_gradient: bool,
        generator: torch.Generator,
    ) -> Tensor:
        r"""The displacement `p` of the parameters.

        .. math::
            p \leftarrow p - l^2 M^{-1} G - \alpha p + \mathcal N(0,\ 2 l^2 \alpha M^{-1} - l^4), \qquad
            M = \sqrt v

        The subtracted :math:`l^4` is the variance that the noise of the gradient itself adds, estimated by
        `v`; it is left out where the gradient is exact.

        Args:
            gradient: of the negative log posterior density of all data, `C x P`.
            lr: step size `l`.
            friction: `alpha`, the share of the momentum lost in a step.
            noisy_gradient: whether the gradient is that of a minibatch.
            generator: of the noise.

        Source: Springenberg et al. (2016), equation 10; Chen, Fox and Guestrin (2014).
        """
        inverse_mass = 1.0 / (self.square.sqrt() + _EPSILON)
        variance = 2.0 * lr**2 * friction * inverse_mass
        if noisy_gradient:
            variance -= lr**4
        noise = torch.randn(gradient.shape, dtype=gradient.dtype, generator=generator)
        self.momentum.mul_(1.0 - friction).sub_(lr**2 * inverse_mass * gradient)
        self.momentum.add_(variance.clamp_min(_LEAST_NOISE).sqrt() * noise)
        return self.momentum
