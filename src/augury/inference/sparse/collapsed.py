"""The collapsed bound: sparse regression with the optimal inducing values integrated out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, log, pi
from typing import Any, NamedTuple, final

import numpy as np
import torch
from linear_operator.utils.errors import NanError, NotPSDError
from scipy.optimize import minimize
from torch import Tensor

from augury.errors import NotSupportedError
from augury.inference.base import Progress
from augury.inference.map_training import adam
from augury.inference.sparse.base import InducingPosterior, SparseInference
from augury.inference.sparse.covariance import InducingCovariance, whiten
from augury.inference.sparse.flat import FlatParameters
from augury.inference.sparse.likelihoods import GaussianNoise, Likelihood
from augury.inference.sparse.rows import Rows


class Statistics(NamedTuple):
    """All that the bound needs of the data, sums over the rows; `r` is 1, or `m` where weights differ.

    Args:
        outer: `r x M x M`, `sum w b b^T` of the whitened covariances `b` of a row.
        linear: `m x M`, `sum w y b`.
        squares: `m`, `sum w y^2`.
        gap: `r`, `sum w (k - b^T b)`: the variance that the inducing values leave unexplained.
        log_weight: `r`, `sum log w`.
    """

    outer: Tensor
    linear: Tensor
    squares: Tensor
    gap: Tensor
    log_weight: Tensor


def statistics(covariance: InducingCovariance, rows: Rows) -> Statistics:
    """The sums over all rows, differentiable, in memory that does not grow with their number.

    Several chunks are each computed twice where a gradient is asked for: only the sums are kept.
    """
    ranges = rows.chunks()

    def of_chunk(start: int, stop: int) -> tuple[Tensor, ...]:
        X, Y, weight = rows.read(start, stop)
        whitened = whiten(covariance.blocks(X))
        W = whitened.weights
        scaled = W * weight.mT.unsqueeze(-2)
        return (
            scaled @ W.mT,
            (weight * Y).mT @ W.mT,
            (weight * Y.square()).sum(dim=0),
            (weight * whitened.unexplained.unsqueeze(-1)).sum(dim=0),
            weight.log().sum(dim=0),
        )

    parameters = [one for one in covariance.parameters() if one.requires_grad]
    if len(ranges) == 1:
        return Statistics(*of_chunk(*ranges[0]))
    return Statistics(*_SumOverChunks.apply(of_chunk, ranges, *parameters))


class _SumOverChunks(torch.autograd.Function):
    """Sums of which no chunk's intermediate results are kept: the backward pass computes each again."""

    @staticmethod
    def forward(
        ctx: Any,
        of_chunk: Callable[[int, int], tuple[Tensor, ...]],
        ranges: list[tuple[int, int]],
        *parameters: Tensor,
    ) -> tuple[Tensor, ...]:
        ctx.of_chunk, ctx.ranges, ctx.parameters = of_chunk, ranges, parameters
        total = of_chunk(*ranges[0])
        for bounds in ranges[1:]:
            total = tuple(one + other for one, other in zip(total, of_chunk(*bounds), strict=True))
        return total

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        gradients = [torch.zeros_like(one) for one in ctx.parameters]
        for bounds in ctx.ranges:
            with torch.enable_grad():
                parts = ctx.of_chunk(*bounds)
                told = [
                    (part, slope) for part, slope in zip(parts, slopes, strict=True) if part.requires_grad
                ]
                outputs, weights = zip(*told, strict=True)
                found = torch.autograd.grad(outputs, ctx.parameters, weights, allow_unused=True)
            for gradient, one in zip(gradients, found, strict=True):
                if one is not None:
                    gradient += one
        return None, None, *gradients


def optimal_posterior(sums: Statistics, noise: Tensor) -> InducingPosterior:
    """The posterior of the whitened inducing values under noise variances (`m`)."""
    precision = sums.outer / noise[:, None, None]
    precision = precision + torch.eye(precision.shape[-1]).to(precision)
    return InducingPosterior.from_precision(sums.linear / noise.unsqueeze(-1), precision)


def collapsed_bound(sums: Statistics, noise: Tensor, n: int) -> Tensor:
    r"""The lower bound of the log marginal likelihood of `n` rows, summed over outcomes.

    .. math::
        \log \mathcal N(y; 0, Q + \Sigma) - \tfrac12 \operatorname{tr} \Sigma^{-1} (K - Q), \qquad
        Q = K_{fu} K_{uu}^{-1} K_{uf}

    with `\Sigma = \sigma^2 / w`; `Q + \Sigma` is never made. Source: Titsias (2009), eq. 9.

    Args:
        sums: of the rows.
        noise: `m` noise variances at weight one.
        n: number of rows.
    """
    precision = sums.outer / noise[:, None, None]
    factor = torch.linalg.cholesky(precision + torch.eye(precision.shape[-1]).to(precision))
    fitted = torch.linalg.solve_triangular(
        factor, (sums.linear / noise.unsqueeze(-1)).unsqueeze(-1), upper=False
    )
    log_det = 2.0 * factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    quadratic = sums.squares / noise - fitted.squeeze(-1).square().sum(-1)
    noise_term = n * (log(2.0 * pi) + noise.log()) - sums.log_weight
    return -0.5 * (noise_term + log_det + quadratic + sums.gap / noise).sum()


@final
@dataclass(frozen=True)
class Collapsed(SparseInference):
    """L-BFGS on the collapsed bound of all rows.

    Exact for the given inducing points, and the way to choose up to some ten thousand rows; each step is a
    pass over all of them.

    Args:
        max_iterations: of L-BFGS.
        warm_up: steps of Adam before it. A long first step of L-BFGS can end where noise explains
            everything; Adam's steps of one length do not.
        lr: of Adam at first; it falls to zero along a cosine.

    Source: Titsias, "Variational learning of inducing variables in sparse Gaussian processes", AISTATS 2009.
    """

    max_iterations: int = 200
    warm_up: int = 0
    lr: float = 0.03

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
        """See `SparseInference.run`.

        Raises:
            NotSupportedError: a likelihood that is not Gaussian.
        """
        if not isinstance(likelihood, GaussianNoise):
            raise NotSupportedError("the collapsed bound is for Gaussian noise; take inference=Stochastic()")
        parameters, n = FlatParameters(covariance, likelihood), len(rows)

        def objective(vector: np.ndarray) -> tuple[float, np.ndarray]:
            parameters.set(torch.from_numpy(vector))
            try:
                bound = collapsed_bound(statistics(covariance, rows), likelihood.noise, n)
                value = bound - covariance.penalty() + covariance.log_prior() + likelihood.log_prior()
                gradient = parameters.gradient(value)
            except (NotPSDError, NanError, torch.linalg.LinAlgError):
                return inf, np.zeros_like(vector)
            if not bool(torch.isfinite(gradient).all()):
                return inf, np.zeros_like(vector)
            return -float(value.detach()) / n, -gradient.numpy() / n

        done = 0

        def report(_: object) -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(done, self.warm_up + self.max_iterations, "training")

        def gradient(theta: Tensor) -> Tensor:
            return torch.from_numpy(objective(theta[0].numpy())[1]).unsqueeze(0)

        if len(parameters):
            theta = parameters.value().unsqueeze(0)
            start = adam(gradient, theta, steps=self.warm_up, lr=self.lr, after_step=report)[0].numpy()
            result = minimize(
                objective,
                start,
                jac=True,
                method="L-BFGS-B",
                callback=report,
                options={"maxiter": self.max_iterations, "maxcor": 20, "ftol": 1e-9},
            )
            parameters.set(torch.from_numpy(result.x))
        with torch.no_grad():
            sums = statistics(covariance, rows)
            bound = collapsed_bound(sums, likelihood.noise, n) - covariance.penalty()
            return optimal_posterior(sums, likelihood.noise), {"bound": float(bound), "iterations": done}
