"""Weights whose distribution is a normalising flow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.planar_flow import planar_forward, planar_inverse
from augury.inference.weight_prior import WeightPrior, per_weight, weight_divisors
from augury.networks.stacked import StackedNetwork

_SMALL = 0.1
_DRAWS_FOR_SCALE = 256


@final
class PlanarFlowWeightPrior(WeightPrior):
    r"""The weights and biases of a layer, jointly, as a chain of planar maps of a normal vector.

    .. math::
        z_0 \sim \mathcal N(0, \operatorname{diag} e^{2 s}), \qquad
        z_k = z_{k-1} + \hat u_k \tanh(w_k \cdot z_{k-1} + b_k), \qquad
        \theta = z_K / \sqrt{\text{fan-in}}

    Layers are independent. The density is that of the change of variables, by inverting the maps; it is not
    what running the maps forward on the weights would give.

    Args:
        network: whose parameters these are.
        num_flows: `K`.
        scaled: divide weights by the root of their fan-in.
        seed: of the first directions.
        hyperparameters: see `hyperparameters()`; small random directions when None.

    Raises:
        InvalidInputError: fewer than one flow.

    Source: Tran et al. (2022), section 3.3 (the "GPi-NF" prior); Rezende and Mohamed (2015), equation 10.
    """

    def __init__(
        self,
        network: StackedNetwork,
        num_flows: int = 4,
        *,
        scaled: bool = True,
        seed: int = 0,
        hyperparameters: Mapping[str, Tensor] | None = None,
    ) -> None:
        super().__init__(network)
        if num_flows < 1:
            raise InvalidInputError(f"a flow needs at least one map; given num_flows={num_flows}")
        self.num_flows, self.scaled, self.seed = num_flows, scaled, seed
        self._divisor = per_weight(network, weight_divisors(network, scaled)).sqrt()
        self._layers = _layers(network)
        if hyperparameters is None:
            hyperparameters = self._first(torch.Generator().manual_seed(seed))
        self._hyperparameters = {name: value.detach().clone() for name, value in hyperparameters.items()}
        draws = self.sample(_DRAWS_FOR_SCALE, torch.Generator().manual_seed(seed))
        self._scale = draws.square().mean(dim=0).sqrt()

    def log_density(self, theta: Tensor) -> Tensor:
        total = -self._divisor.reciprocal().log().sum()
        for name, place in self._layers.items():
            z = theta[:, place] * self._divisor[place]
            u, w, b, log_deviation = self._maps(self._hyperparameters, name)
            for k in reversed(range(self.num_flows)):
                z, log_determinant = planar_inverse(z, u[k], w[k], b[k])
                total = total - log_determinant
            standard = z * (-log_deviation).exp()
            normal = 0.5 * standard.square() + log_deviation + 0.5 * math.log(2.0 * math.pi)
            total = total - normal.sum(dim=1)
        return total

    def log_density_gradient(self, theta: Tensor) -> Tensor:
        with torch.enable_grad():
            leaf = theta.detach().requires_grad_(True)
            (gradient,) = torch.autograd.grad(self.log_density(leaf).sum(), leaf)
        return gradient

    def sample(self, S: int, generator: torch.Generator) -> Tensor:
        return self.sample_with(self._hyperparameters, S, generator)

    @property
    def scale(self) -> Tensor:
        return self._scale

    def hyperparameters(self) -> dict[str, Tensor]:
        """For each layer: `direction` and `normal` (`K x D`), `shift` (`K`) and `log_deviation` (`D`)."""
        return dict(self._hyperparameters)

    def sample_with(
        self, hyperparameters: Mapping[str, Tensor], S: int, generator: torch.Generator
    ) -> Tensor:
        parts = []
        for name, place in self._layers.items():
            u, w, b, log_deviation = self._maps(hyperparameters, name)
            normal = torch.randn(S, place.stop - place.start, dtype=torch.float64, generator=generator)
            z = normal * log_deviation.exp()
            for k in range(self.num_flows):
                z = planar_forward(z, u[k], w[k], b[k])
            parts.append(z)
        return torch.cat(parts, dim=1) / self._divisor

    def with_hyperparameters(self, hyperparameters: Mapping[str, Tensor]) -> PlanarFlowWeightPrior:
        return PlanarFlowWeightPrior(
            self.network,
            self.num_flows,
            scaled=self.scaled,
            seed=self.seed,
            hyperparameters=hyperparameters,
        )

    def _maps(
        self, hyperparameters: Mapping[str, Tensor], layer: str
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        names = ("direction", "normal", "shift", "log_deviation")
        u, w, b, log_deviation = (hyperparameters[f"{layer}/{name}"] for name in names)
        return u, w, b, log_deviation

    def _first(self, generator: torch.Generator) -> dict[str, Tensor]:
        values = {}
        for name, place in self._layers.items():
            D = place.stop - place.start
            for vector in ("direction", "normal"):
                draws = torch.randn(self.num_flows, D, dtype=torch.float64, generator=generator)
                values[f"{name}/{vector}"] = _SMALL * draws
            values[f"{name}/shift"] = torch.zeros(self.num_flows, dtype=torch.float64)
            values[f"{name}/log_deviation"] = torch.zeros(D, dtype=torch.float64)
        return values


def _layers(network: StackedNetwork) -> dict[str, slice]:
    """Layer name -> where its parameters stand (one after the other, as the module has them)."""
    layers: dict[str, slice] = {}
    for part in network.slices:
        name = part.name.rpartition(".")[0]
        start = layers[name].start if name in layers else part.start
        layers[name] = slice(start, part.stop)
    return layers
