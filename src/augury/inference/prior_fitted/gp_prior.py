"""Gaussian processes as priors of a prior-fitted network, with fixed or sampled hyperparameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.prior_fitted.draw import PriorDraw
from augury.inference.prior_fitted.inputs import InputSampler, KumaraswamyWarping, UniformInputs
from augury.inference.prior_fitted.noise import FixedNoise, NoiseSampler

Covariance = Literal["rbf", "matern-5/2", "matern-3/2"]
_JITTER = 1e-10


@dataclass(frozen=True)
class Hyperparameters:
    """Hyperparameters of a batch of Gaussian processes.

    Args:
        lengthscale: `B x d`.
        outputscale: `B` variances.
    """

    lengthscale: Tensor
    outputscale: Tensor


HyperparameterSampler = Callable[[int, int, torch.Generator], Hyperparameters]


@dataclass(frozen=True)
class FixedHyperparameters:
    """The same for every data set.

    Args:
        lengthscale: of every input.
        outputscale: variance.
    """

    lengthscale: float = 0.3
    outputscale: float = 1.0

    def __call__(self, batch: int, dim: int, generator: torch.Generator) -> Hyperparameters:
        return Hyperparameters(
            torch.full((batch, dim), self.lengthscale, dtype=torch.float64),
            torch.full((batch,), self.outputscale, dtype=torch.float64),
        )


@dataclass(frozen=True)
class GammaHyperparameters:
    """Independent gamma distributions, by shape and rate.

    Args:
        lengthscale: of each input's lengthscale.
        outputscale: of the variance.
    """

    lengthscale: tuple[float, float] = (3.0, 6.0)
    outputscale: tuple[float, float] = (2.0, 0.15)

    def __call__(self, batch: int, dim: int, generator: torch.Generator) -> Hyperparameters:
        def gamma(shape: tuple[int, ...], law: tuple[float, float]) -> Tensor:
            concentration = torch.full(shape, law[0], dtype=torch.float64)
            return torch._standard_gamma(concentration, generator=generator) / law[1]

        return Hyperparameters(gamma((batch, dim), self.lengthscale), gamma((batch,), self.outputscale))


@dataclass(frozen=True)
class LogNormalHyperparameters:
    """Lengthscales that grow with the dimension, some inputs irrelevant.

    `log l ~ N(log_lengthscale + log(d) / 2 + common, spread)`, with a `common ~ N(0, common_spread)` of all
    inputs of a data set.

    Args:
        log_lengthscale: median in one dimension.
        spread: standard deviation among inputs.
        common_spread: standard deviation among data sets.
        irrelevant: share of the inputs that have no effect.
    """

    log_lengthscale: float = -0.7
    spread: float = 0.6
    common_spread: float = 0.7
    irrelevant: float = 0.15

    def __call__(self, batch: int, dim: int, generator: torch.Generator) -> Hyperparameters:
        normal = torch.randn(batch, dim + 1, dtype=torch.float64, generator=generator)
        log_scale = self.log_lengthscale + 0.5 * torch.tensor(float(dim)).log()
        log_scale = log_scale + self.common_spread * normal[:, :1] + self.spread * normal[:, 1:]
        inert = torch.rand(batch, dim, dtype=torch.float64, generator=generator) < self.irrelevant
        inert[:, 0] = False  # inputs are exchangeable; one has an effect
        order = torch.rand(batch, dim, generator=generator).argsort(-1)
        lengthscale = torch.where(inert, 1e3, log_scale.exp()).gather(-1, order)
        return Hyperparameters(lengthscale, torch.ones(batch, dtype=torch.float64))


@dataclass(frozen=True)
class GPPrior:
    """Noisy functions of a zero-mean Gaussian process.

    New outcomes are described by the exact conditional distribution given the context and the
    hyperparameters.

    Args:
        hyperparameters: sampler of lengthscales and variances.
        noise: sampler of noise deviations, in units of the function's.
        covariance: kind of the kernel.
        inputs: sampler of the inputs.
        warping: change of the axes before the kernel, or None.
    """

    hyperparameters: HyperparameterSampler = field(default_factory=FixedHyperparameters)
    noise: NoiseSampler = field(default_factory=lambda: FixedNoise(0.1))
    covariance: Covariance = "rbf"
    inputs: InputSampler = field(default_factory=UniformInputs)
    warping: KumaraswamyWarping | None = None

    def sample(
        self, batch: int, context: int, queries: int, dim: int, generator: torch.Generator
    ) -> PriorDraw:
        """Data sets with the exact law of their new outcomes."""
        X = self.inputs(batch, context + queries, dim, generator)
        seen = X if self.warping is None else self.warping(X, generator)
        hyper = self.hyperparameters(batch, dim, generator)
        scale = hyper.outputscale.sqrt().unsqueeze(-1)
        noise = self.noise(batch, context + queries, generator) * scale
        white = torch.randn(batch, context, 1, dtype=torch.float64, generator=generator)
        old, new = noise[:, :context], noise[:, context:]
        z = seen / hyper.lengthscale.unsqueeze(1)
        train = (
            gp_covariance(self.covariance, z[:, :context], z[:, :context]) * hyper.outputscale[:, None, None]
        )
        cross = (
            gp_covariance(self.covariance, z[:, :context], z[:, context:]) * hyper.outputscale[:, None, None]
        )
        jitter = _JITTER * hyper.outputscale.unsqueeze(-1)
        factor = torch.linalg.cholesky(train + torch.diag_embed(old.square() + jitter))
        y = (factor @ white).squeeze(-1)
        root = torch.linalg.solve_triangular(factor, cross, upper=False)
        mean = (root.mT @ white).squeeze(-1)
        variance = hyper.outputscale.unsqueeze(-1) - root.square().sum(1)
        deviation = (variance.clamp_min(0.0) + new.square()).sqrt()
        return PriorDraw(X[:, :context], y, X[:, context:], mean, deviation, new)


def gp_covariance(kind: Covariance, z: Tensor, w: Tensor) -> Tensor:
    """`B x m x n` covariances of unit variance between scaled inputs `z` (`B x m x d`) and `w`.

    Raises:
        InvalidInputError: an unknown kind.
    """
    square = z.square().sum(-1)[:, :, None] + w.square().sum(-1)[:, None] - 2.0 * z @ w.mT
    square = square.clamp_min(0.0)
    if kind == "rbf":
        return (-0.5 * square).exp()
    if kind == "matern-5/2":
        a = (5.0 * square).sqrt()
        return (1.0 + a + a.square() / 3.0) * (-a).exp()
    if kind == "matern-3/2":
        a = (3.0 * square).sqrt()
        return (1.0 + a) * (-a).exp()
    raise InvalidInputError(f"covariance={kind!r}; choose 'rbf', 'matern-5/2' or 'matern-3/2'")
