"""Weights whose variances, one for each parameter of the network, are uncertain themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor
from torch.nn.functional import softplus

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference.weight_prior import WeightPrior, inverse_softplus, per_weight, weight_divisors
from augury.networks.stacked import StackedNetwork
from augury.numerics.seeding import global_generator

#: Below a shape of 1 the functions have no mean, and no distance to them is defined.
_LEAST_TUNED_SHAPE = 1.001


@final
class HierarchicalWeightPrior(WeightPrior):
    r"""Zero-mean normal weights with an inverse-gamma variance for each weight matrix and each bias vector.

    .. math::
        v_l \sim \text{InvGamma}(a_l, b_l), \qquad W^{(l)}_{ij} \sim \mathcal N(0, v_l / \text{fan-in})

    The density has the variances integrated out: with :math:`q_l` the (fan-in scaled) squared norm of the
    `n_l` weights,

    .. math::
        \log p(w) = \sum_l a_l \log b_l - \log\Gamma(a_l) + \log\Gamma(a_l + n_l / 2)
            - (a_l + n_l / 2) \log(b_l + q_l / 2) + \text{const}

    Args:
        network: whose parameters these are.
        shape: `a_l`: one number, or one for each parameter of the module (`L`).
        rate: `b_l`, likewise.
        scaled: divide the variance of weight matrices by their fan-in.

    Raises:
        InvalidInputError: numbers that are not positive.

    Source: Tran et al. (2022), section 3.2 (the "GPi-H" prior).
    """

    def __init__(
        self,
        network: StackedNetwork,
        shape: float | Tensor = 2.0,
        rate: float | Tensor = 1.0,
        *,
        scaled: bool = True,
    ) -> None:
        super().__init__(network)
        self.scaled = scaled
        count = len(network.slices)
        self.shape = torch.as_tensor(shape, dtype=torch.float64).expand(count).clone()
        self.rate = torch.as_tensor(rate, dtype=torch.float64).expand(count).clone()
        if not bool(((self.shape > 0) & (self.rate > 0) & torch.isfinite(self.shape + self.rate)).all()):
            raise InvalidInputError(
                f"shape and rate of an inverse-gamma distribution must be positive; given {shape} and {rate}"
            )
        self._divisors = weight_divisors(network, scaled)
        sizes = torch.tensor([part.shape.numel() for part in network.slices], dtype=torch.float64)
        self._posterior_shape = self.shape + 0.5 * sizes
        self._constant = float(
            (self.shape * self.rate.log() - self.shape.lgamma() + self._posterior_shape.lgamma()).sum()
            + 0.5 * (sizes * (self._divisors / (2.0 * math.pi)).log()).sum()
        )

    def log_density(self, theta: Tensor) -> Tensor:
        return self._constant - self._posterior_rate(theta).log() @ self._posterior_shape

    def log_density_gradient(self, theta: Tensor) -> Tensor:
        factor = self._posterior_shape * self._divisors / self._posterior_rate(theta)
        return -theta * per_weight(self.network, factor)

    def sample(self, S: int, generator: torch.Generator) -> Tensor:
        return self._draw(self.shape, self.rate, S, generator)

    @property
    def scale(self) -> Tensor:
        return per_weight(self.network, (self.rate / (self.shape * self._divisors)).sqrt())

    def conditional(self, theta: Tensor, generator: torch.Generator) -> ConditionalWeightPrior:
        r"""A Gibbs step: variances drawn given the weights (`C x P`), and the normal prior they make.

        .. math::
            1 / v_l \sim \text{Gamma}(a_l + n_l / 2,\ b_l + q_l / 2)
        """
        rate = self._posterior_rate(theta)
        precision = _gamma(self._posterior_shape.expand_as(rate), generator) / rate
        return ConditionalWeightPrior(self.network, per_weight(self.network, precision * self._divisors))

    def hyperparameters(self) -> dict[str, Tensor]:
        """`raw_shape` and `raw_rate`, one number for each parameter of the module.

        Raises:
            InvalidInputError: shapes too small to be tuned.
        """
        if not bool((self.shape > _LEAST_TUNED_SHAPE).all()):
            raise InvalidInputError(
                f"a hierarchical prior can be tuned where its shapes are above {_LEAST_TUNED_SHAPE}; "
                f"given {self.shape.min().item():g}"
            )
        return {
            "raw_shape": inverse_softplus(self.shape - _LEAST_TUNED_SHAPE),
            "raw_rate": inverse_softplus(self.rate),
        }

    def sample_with(
        self, hyperparameters: Mapping[str, Tensor], S: int, generator: torch.Generator
    ) -> Tensor:
        shape = _LEAST_TUNED_SHAPE + softplus(hyperparameters["raw_shape"])
        return self._draw(shape, softplus(hyperparameters["raw_rate"]), S, generator)

    def with_hyperparameters(self, hyperparameters: Mapping[str, Tensor]) -> HierarchicalWeightPrior:
        shape = _LEAST_TUNED_SHAPE + softplus(hyperparameters["raw_shape"].detach())
        rate = softplus(hyperparameters["raw_rate"].detach())
        return HierarchicalWeightPrior(self.network, shape, rate, scaled=self.scaled)

    def _draw(self, shape: Tensor, rate: Tensor, S: int, generator: torch.Generator) -> Tensor:
        """`S x P` weights, with variances of their own for each of the draws."""
        precision = _gamma(shape.expand(S, -1), generator) / rate
        normal = torch.randn(S, self.network.num_parameters, dtype=torch.float64, generator=generator)
        return normal * per_weight(self.network, (precision * self._divisors).rsqrt())

    def _posterior_rate(self, theta: Tensor) -> Tensor:
        """`S x L`: the rates `b_l + q_l / 2` of the variances given the weights."""
        squares = [theta[:, part.start : part.stop].square().sum(dim=1) for part in self.network.slices]
        return self.rate + 0.5 * torch.stack(squares, dim=1) * self._divisors


@final
class ConditionalWeightPrior(WeightPrior):
    """Normal weights with a variance of their own in each of `C` chains.

    Args:
        network: whose parameters these are.
        precision: `C x P`.
    """

    def __init__(self, network: StackedNetwork, precision: Tensor) -> None:
        super().__init__(network)
        self.precision = precision

    def log_density(self, theta: Tensor) -> Tensor:
        terms = self.precision * theta.square() - (self.precision / (2.0 * math.pi)).log()
        return -0.5 * terms.sum(dim=1)

    def log_density_gradient(self, theta: Tensor) -> Tensor:
        return -self.precision * theta

    def sample(self, S: int, generator: torch.Generator) -> Tensor:
        raise NotSupportedError("this prior belongs to the state of some chains; sample the hierarchical one")

    @property
    def scale(self) -> Tensor:
        return self.precision.rsqrt().mean(dim=0)


def _gamma(shape: Tensor, generator: torch.Generator) -> Tensor:
    """Gamma variables of unit rate, differentiable in their shape."""
    with global_generator(generator):
        draws: Tensor = torch.distributions.Gamma(shape, torch.ones_like(shape)).rsample()
    return draws
