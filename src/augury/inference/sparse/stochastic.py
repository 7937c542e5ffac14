"""The stochastic bound: training by minibatches, at a cost that does not depend on the number of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import cos, pi
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.base import Progress
from augury.inference.map_training import adam
from augury.inference.sparse.base import InducingPosterior, SparseInference
from augury.inference.sparse.collapsed import collapsed_bound, optimal_posterior, statistics
from augury.inference.sparse.covariance import InducingCovariance, Whitened, whiten
from augury.inference.sparse.flat import FlatParameters
from augury.inference.sparse.likelihoods import GaussianNoise, Likelihood
from augury.inference.sparse.rows import Batch, Rows


@final
@dataclass(frozen=True)
class Stochastic(SparseInference):
    r"""Natural gradients for the inducing values, Adam for everything else, on minibatches.

    With `g = \partial E[\log p(y | f)] / \partial \mu`, `h` that by the variance (both of a marginal) and the
    whitened covariances `b` of a row, a natural step of size `rho` is

    .. math::
        \Lambda \leftarrow (1 - \rho) \Lambda + \rho \Big(I - \tfrac nB \sum 2 h\, b b^\top\Big), \qquad
        \Lambda m \leftarrow (1 - \rho) \Lambda m + \rho \tfrac nB \sum (g - 2 h \mu)\, b

    of which one, with `rho = 1` on all rows, is exact where the likelihood is Gaussian; there the inducing
    values are found exactly in a last pass over all rows.

    Args:
        num_epochs: passes over the rows.
        batch_size: rows of one step.
        lr: of Adam at first; it falls to zero along a cosine.
        natural_rate: `rho`, after an average over the first steps.

    Sources: Hensman, Fusi and Lawrence, "Gaussian processes for big data", UAI 2013; Khan and Lin,
    "Conjugate-computation variational inference", AISTATS 2017.
    """

    num_epochs: int = 100
    batch_size: int = 512
    lr: float = 0.02
    natural_rate: float = 0.3

    def __post_init__(self) -> None:
        if self.num_epochs < 1 or self.batch_size < 1:
            raise InvalidInputError(
                f"num_epochs and batch_size must be at least 1; given {self.num_epochs}, {self.batch_size}"
            )
        if not (self.lr > 0.0 and 0.0 < self.natural_rate <= 1.0):
            raise InvalidInputError(
                f"lr must be positive and natural_rate in (0, 1]; given {self.lr:g}, {self.natural_rate:g}"
            )

    def run(
        self,
        covariance: InducingCovariance,
        likelihood: Likelihood,
        rows: Rows,
        num_latents: int,
        *,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> tuple[InducingPosterior, Mapping[str, float]]:
        """See `SparseInference.run`."""
        parameters, n = FlatParameters(covariance, likelihood), len(rows)
        generator = torch.Generator().manual_seed(seed)
        batches = self._batches(rows, generator)
        total = self.num_epochs * rows.steps(self.batch_size)
        state = NaturalParameters(num_latents, len(covariance.inducing))
        step = 0

        def gradient(theta: Tensor) -> Tensor:
            nonlocal step
            parameters.set(theta[0])
            batch = next(batches)
            scale = n / len(batch.X)
            whitened = whiten(covariance.blocks(batch.X))
            fade = 0.5 * (1.0 + cos(pi * step / total))
            rate = max(self.natural_rate * fade, 1.0 / (1 + step))
            if len(batch.X) == n:
                rate = 1.0 if likelihood.is_gaussian else 0.5
            state.update(whitened, likelihood, batch, scale, rate, seed=seed + step)
            mean, variance = state.posterior.marginals(whitened)
            expected = likelihood.expected(mean, variance, batch, seed=seed + step)
            value = scale * expected - covariance.penalty() + covariance.log_prior() + likelihood.log_prior()
            step += 1
            return -parameters.gradient(value).unsqueeze(0) / n

        def report(done: int) -> None:
            if progress is not None:
                progress(done, total, "training")

        theta = adam(gradient, parameters.value().unsqueeze(0), steps=total, lr=self.lr, after_step=report)
        parameters.set(theta[0])
        if not isinstance(likelihood, GaussianNoise):
            return state.posterior, {
                "bound": self._bound(covariance, likelihood, rows, state.posterior, seed)
            }
        with torch.no_grad():
            sums = statistics(covariance, rows)
            bound = collapsed_bound(sums, likelihood.noise, n) - covariance.penalty()
            return optimal_posterior(sums, likelihood.noise), {"bound": float(bound)}

    def _batches(self, rows: Rows, generator: torch.Generator) -> Iterator[Batch]:
        while True:
            yield from rows.minibatches(self.batch_size, generator)

    @staticmethod
    def _bound(
        covariance: InducingCovariance, likelihood: Likelihood, rows: Rows, q: InducingPosterior, seed: int
    ) -> float:
        """The bound at given inducing values, by one pass over the rows."""
        with torch.no_grad():
            value = -q.divergence() - covariance.penalty()
            for bounds in rows.chunks():
                batch = rows.read(*bounds)
                mean, variance = q.marginals(whiten(covariance.blocks(batch.X)))
                value = value + likelihood.expected(mean, variance, batch, seed=seed)
            return float(value)


class NaturalParameters:
    """`Lambda` and `Lambda m` of each latent function, the prior's at first.

    Args:
        num_latents: `C`.
        num_inducing: `M`.
    """

    def __init__(self, num_latents: int, num_inducing: int) -> None:
        self.linear = torch.zeros(num_latents, num_inducing, dtype=torch.float64)
        self.precision = torch.eye(num_inducing, dtype=torch.float64).repeat(num_latents, 1, 1)
        self.posterior = InducingPosterior.from_precision(self.linear, self.precision)

    def update(
        self,
        whitened: Whitened,
        likelihood: Likelihood,
        batch: Batch,
        scale: float,
        rate: float,
        *,
        seed: int,
    ) -> None:
        """One natural-gradient step of size `rate` on a batch that counts `scale` times."""
        fixed = Whitened(whitened.weights.detach(), whitened.own.detach())
        mean, variance = self.posterior.marginals(fixed)
        mean.requires_grad_(True)
        variance.requires_grad_(True)
        g, h = torch.autograd.grad(likelihood.expected(mean, variance, batch, seed=seed), (mean, variance))
        h = h.clamp_max(0.0)  # the likelihoods are log-concave; draws may make it seem otherwise
        W = fixed.weights
        curvature = torch.stack([(W * column) @ W.mT for column in (-2.0 * scale * h).mT])
        target = (scale * (g - 2.0 * h * mean.detach())).mT @ W.mT
        identity = torch.eye(len(W), dtype=W.dtype)
        self.precision = (1.0 - rate) * self.precision + rate * (identity + curvature)
        self.linear = (1.0 - rate) * self.linear + rate * target
        self.posterior = InducingPosterior.from_precision(self.linear, self.precision)
