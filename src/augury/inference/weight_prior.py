"""Prior distributions over the weights of a network."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.networks.stacked import StackedNetwork


class WeightPrior(ABC):
    """A distribution over the flat parameter vector of a `StackedNetwork`.

    Args:
        network: whose parameters these are.
    """

    def __init__(self, network: StackedNetwork) -> None:
        self.network = network

    @abstractmethod
    def log_density(self, theta: Tensor) -> Tensor:
        """`S` log densities at `theta` (`S x P`)."""

    @abstractmethod
    def log_density_gradient(self, theta: Tensor) -> Tensor:
        """`S x P` gradients of the log density at `theta` (`S x P`)."""

    @abstractmethod
    def sample(self, S: int, generator: torch.Generator) -> Tensor:
        """`S x P` independent draws."""

    @property
    @abstractmethod
    def scale(self) -> Tensor:
        """`P` positive numbers: the typical size of each parameter, by which samplers measure distance."""


@final
class GaussianWeightPrior(WeightPrior):
    r"""Independent zero-mean normal weights.

    .. math::
        W_{ij} \sim \mathcal N\left(0, \frac{v}{\text{fan-in}}\right), \qquad b_i \sim \mathcal N(0, v_b)

    With `scaled=False` the weights are not divided by the fan-in, as in Li, Rudner and Wilson (2024).

    Args:
        network: whose parameters these are.
        variance: `v`; one number, or parameter name (or the name of its layer) -> number.
        bias_variance: `v_b`; `variance` when None.
        scaled: divide the variance of weight matrices by their fan-in (the "neural tangent" scaling), which
            makes the prior over functions independent of the width.

    Raises:
        InvalidInputError: a variance that is not positive, a name the network does not have, or one left out.
    """

    def __init__(
        self,
        network: StackedNetwork,
        variance: float | Mapping[str, float] = 1.0,
        bias_variance: float | None = None,
        *,
        scaled: bool = True,
    ) -> None:
        super().__init__(network)
        self.scaled = scaled
        self.variance = torch.empty(network.num_parameters, dtype=torch.float64)
        given = dict(variance) if isinstance(variance, Mapping) else None
        for part in network.slices:
            if given is None:
                value = variance if bias_variance is None or not part.is_bias else bias_variance
            else:
                value = _named(given, part.name)
            if not (isinstance(value, int | float) and 0.0 < value < math.inf):
                raise InvalidInputError(
                    f"the prior variance of {part.name} must be a positive number; given {value}"
                )
            divisor = part.fan_in if scaled and not part.is_bias else 1
            self.variance[part.start : part.stop] = value / divisor
        self._precision = self.variance.reciprocal()
        self._constant = -0.5 * float((2.0 * math.pi * self.variance).log().sum())

    def log_density(self, theta: Tensor) -> Tensor:
        return self._constant - 0.5 * (theta.square() @ self._precision)

    def log_density_gradient(self, theta: Tensor) -> Tensor:
        return theta * -self._precision

    def sample(self, S: int, generator: torch.Generator) -> Tensor:
        draws = torch.randn(S, len(self.variance), dtype=torch.float64, generator=generator)
        return draws * self.scale

    @property
    def scale(self) -> Tensor:
        return self.variance.sqrt()


def _named(variances: Mapping[str, float], name: str) -> float:
    """The variance of a parameter, by its own name or its layer's."""
    for key in (name, name.rpartition(".")[0]):
        if key in variances:
            return variances[key]
    raise InvalidInputError(f"no prior variance is given for {name}; given are {sorted(variances)}")
