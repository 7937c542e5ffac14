"""The posterior density of a network's weights and noise, with its gradient."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.evaluator import Evaluator, TorchEvaluator
from augury.inference.noise_prior import LOG_NOISE_LOCATION, LOG_NOISE_SCALE, NOISE_FLOOR
from augury.inference.tanh_evaluator import TanhEvaluator
from augury.inference.weight_prior import WeightPrior
from augury.networks.stacked import StackedNetwork


@final
class NetworkDensity:
    r"""The log posterior of regression with a network and normal noise, for `C` parameter vectors at once.

    .. math::
        \log p(\theta \mid X, Y) = \sum_{ij} \log \mathcal N(y_{ij}; f_w(x_i)_j, \sigma_j^2)
            + \log p(w) + \log p(s) + \text{const}

    with `theta = [w (P), s (o)]` where the noise is inferred, `sigma_j^2 = exp(2 s_j) + 0.05^2` and
    `s_j ~ N(-2, 1)`; and `theta = w` where it is known.

    Args:
        network: the architecture.
        prior: over its weights.
        X: `n x ...` inputs.
        Y: `n x o` (standardised) outcomes.
        noise: variances that are known: `n x o`, or one number for all; inferred when None.

    Raises:
        InvalidInputError: shapes that do not agree, or a noise variance that is not positive.
    """

    def __init__(
        self,
        network: StackedNetwork,
        prior: WeightPrior,
        X: Tensor,
        Y: Tensor,
        noise: Tensor | float | None = None,
    ) -> None:
        if Y.dim() != 2 or len(X) != len(Y):
            raise InvalidInputError(
                f"X must be n x ... and Y n x o; given {tuple(X.shape)} and {tuple(Y.shape)}"
            )
        self.network, self.prior = network, prior
        self.X, self.Y = X.double(), Y.double()
        self.noise: Tensor | None = None
        if noise is not None:
            self.noise = torch.as_tensor(noise, dtype=torch.float64).expand(Y.shape)
            if not bool((self.noise > 0).all()):
                raise InvalidInputError("known noise variances must be positive")
        _check_shapes(network, self.X, Y.shape[-1])

    @property
    def num_data(self) -> int:
        """Number `n` of rows."""
        return len(self.X)

    @property
    def num_outputs(self) -> int:
        """Number `o` of outcomes."""
        return self.Y.shape[-1]

    @property
    def num_weights(self) -> int:
        """Number `P` of weights."""
        return self.network.num_parameters

    @property
    def dim(self) -> int:
        """The length of `theta`: `P`, or `P + o` where noise is inferred."""
        return self.num_weights + (self.num_outputs if self.noise is None else 0)

    @property
    def scale(self) -> Tensor:
        """`dim` positive numbers by which samplers measure distance: the prior size of each weight, and five
        times the posterior size that each log noise would have if the function were known."""
        if self.noise is not None:
            return self.prior.scale
        size = 5.0 * (25.0 * LOG_NOISE_SCALE**-2 + 2.0 * self.num_data) ** -0.5
        return torch.cat([self.prior.scale, self.Y.new_full((self.num_outputs,), size)])

    def split(self, theta: Tensor) -> tuple[Tensor, Tensor | None]:
        """Weights (`C x P`) and the noise coordinates `s` (`C x o`, None where the noise is known)."""
        if self.noise is not None:
            return theta, None
        return theta[:, : self.num_weights], theta[:, self.num_weights :]

    def noise_variance(self, theta: Tensor) -> Tensor:
        """`C x o` noise variances; the average over rows where they are known."""
        if self.noise is not None:
            return self.noise.mean(dim=0).expand(len(theta), -1)
        return theta[:, self.num_weights :].mul(2.0).exp() + NOISE_FLOOR**2

    def initial(self, C: int, generator: torch.Generator) -> Tensor:
        """`C x dim` starting points: weights as PyTorch initialises them, the noise from its prior's
        centre."""
        weights = self.network.initial(C, generator)
        if self.noise is not None:
            return weights
        return torch.cat([weights, weights.new_full((C, self.num_outputs), LOG_NOISE_LOCATION)], dim=1)

    def value_gradient(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """The log posterior (`C`, up to a constant) and its gradient (`C x dim`) at `theta` (`C x dim`)."""
        return self._value_gradient(theta, self.X, self.Y, self.noise, 1.0)

    def evaluator(self, C: int) -> Evaluator:
        """The density as `C` Markov chains evaluate it."""
        return TanhEvaluator(self, C) if TanhEvaluator.applies(self) else TorchEvaluator(self)

    def minibatch_gradient(self, theta: Tensor, rows: Tensor) -> Tensor:
        """An unbiased estimate of the gradient, `C x dim`, from some rows.

        Args:
            theta: `C x dim`.
            rows: indices, `b` the same for all, or `C x b`.
        """
        factor = self.num_data / rows.shape[-1]
        noise = None if self.noise is None else self.noise[rows]
        return self._value_gradient(theta, self.X[rows], self.Y[rows], noise, factor, rows.dim() == 2)[1]

    def log_likelihood(self, theta: Tensor) -> Tensor:
        """`C x n` log densities of each row of outcomes."""
        with torch.no_grad():
            residual = self.network(theta[:, : self.num_weights], self.X) - self.Y
        variance = self.noise if self.noise is not None else self.noise_variance(theta).unsqueeze(1)
        terms = residual.square() / variance + (2.0 * math.pi * variance).log()
        return -0.5 * terms.sum(dim=-1)

    def _value_gradient(
        self,
        theta: Tensor,
        X: Tensor,
        Y: Tensor,
        noise: Tensor | None,
        factor: float,
        per_member: bool = False,
    ) -> tuple[Tensor, Tensor]:
        theta = theta.detach()
        weights, log_noise = self.split(theta)
        values, pullback = self.network.value_pullback(weights, X, per_member=per_member)
        residual = values - Y
        if log_noise is None:
            assert noise is not None
            scaled = residual / noise
            value = -0.5 * factor * (residual * scaled).sum(dim=(-2, -1))
            gradient = pullback(scaled.mul_(-factor)).add_(self.prior.log_density_gradient(weights))
            return value + self.prior.log_density(weights), gradient
        count = factor * residual.shape[-2]
        spread = log_noise.mul(2.0).exp_()
        precision = (spread + NOISE_FLOOR**2).reciprocal_()
        squares = residual.square().sum(dim=-2).mul_(precision).mul_(factor)  # C x o
        deviation = (log_noise - LOG_NOISE_LOCATION) / LOG_NOISE_SCALE
        value = -0.5 * (squares - count * precision.log() + deviation.square()).sum(dim=-1)
        weight_gradient = pullback(residual.mul_((precision * -factor).unsqueeze(1)))
        weight_gradient.add_(self.prior.log_density_gradient(weights))
        noise_gradient = (squares - count) * (spread * precision) - deviation / LOG_NOISE_SCALE
        return value + self.prior.log_density(weights), torch.cat([weight_gradient, noise_gradient], dim=1)


def _check_shapes(network: StackedNetwork, X: Tensor, o: int) -> None:
    try:
        with torch.no_grad():
            outputs = network(network.initial(2, torch.Generator().manual_seed(0)), X[:1])
    except RuntimeError as error:
        raise InvalidInputError(
            f"the network does not take inputs of shape {tuple(X.shape[1:])}, which is what the "
            f"{len(X)} training rows have (categories one-hot): {error}"
        ) from error
    if outputs.shape != (2, 1, o):
        raise InvalidInputError(
            f"the network gives outputs of shape {tuple(outputs.shape[1:])} for one row; "
            f"it must give {(1, o)}"
        )
