"""Prior distributions over the weights of a network."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Self, final

import torch
from torch import Tensor
from torch.nn.functional import softplus

from augury.errors import InvalidInputError, NotSupportedError
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

    # -- families of priors, which can be tuned ----------------------------------------------------------

    def hyperparameters(self) -> dict[str, Tensor]:
        """The unconstrained numbers that pick this prior from its family.

        Raises:
            NotSupportedError: a prior without hyperparameters.
        """
        raise NotSupportedError(f"{type(self).__name__} has no hyperparameters that could be tuned")

    def sample_with(
        self, hyperparameters: Mapping[str, Tensor], S: int, generator: torch.Generator
    ) -> Tensor:
        """`S x P` independent draws of the member with other hyperparameters, differentiable in them."""
        raise NotSupportedError(f"{type(self).__name__} has no hyperparameters that could be tuned")

    def with_hyperparameters(self, hyperparameters: Mapping[str, Tensor]) -> Self:
        """The member of the family with other hyperparameters."""
        raise NotSupportedError(f"{type(self).__name__} has no hyperparameters that could be tuned")


def inverse_softplus(value: Tensor) -> Tensor:
    """The `x` with `log(1 + e^x) = value`."""
    return value + torch.log(-torch.expm1(-value))


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
            self.variance[part.start : part.stop] = value
        self.variance /= per_weight(network, weight_divisors(network, scaled))
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

    def hyperparameters(self) -> dict[str, Tensor]:
        """`raw_deviation`: one number for each parameter of the module; softplus of it is the standard
        deviation before the division by the root of the fan-in."""
        starts = [part.start for part in self.network.slices]
        return {"raw_deviation": inverse_softplus(self.variance[starts].sqrt() * self._root_divisors)}

    def sample_with(
        self, hyperparameters: Mapping[str, Tensor], S: int, generator: torch.Generator
    ) -> Tensor:
        deviation = softplus(hyperparameters["raw_deviation"]) / self._root_divisors
        draws = torch.randn(S, len(self.variance), dtype=torch.float64, generator=generator)
        return draws * per_weight(self.network, deviation)

    def with_hyperparameters(self, hyperparameters: Mapping[str, Tensor]) -> GaussianWeightPrior:
        variances = softplus(hyperparameters["raw_deviation"].detach()).square().tolist()
        names = [part.name for part in self.network.slices]
        return GaussianWeightPrior(self.network, dict(zip(names, variances, strict=True)), scaled=self.scaled)

    @property
    def _root_divisors(self) -> Tensor:
        """For each parameter of the module, what divides its standard deviation."""
        return weight_divisors(self.network, self.scaled).sqrt()


def weight_divisors(network: StackedNetwork, scaled: bool) -> Tensor:
    """For each parameter of the module, what divides its prior variance: a weight matrix's fan-in, or 1."""
    fan_ins = [part.fan_in if scaled and not part.is_bias else 1 for part in network.slices]
    return torch.tensor(fan_ins, dtype=torch.float64)


def per_weight(network: StackedNetwork, values: Tensor) -> Tensor:
    """`... x P` from one number for each parameter of the module, `... x L`."""
    sizes = torch.tensor([part.shape.numel() for part in network.slices])
    return values.repeat_interleave(sizes, dim=-1)


def _named(variances: Mapping[str, float], name: str) -> float:
    """The variance of a parameter, by its own name or its layer's."""
    for key in (name, name.rpartition(".")[0]):
        if key in variances:
            return variances[key]
    raise InvalidInputError(f"no prior variance is given for {name}; given are {sorted(variances)}")
