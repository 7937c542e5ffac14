"""Density and distribution function of a posterior at each of its points, whatever its kind."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
import torch
from torch import Tensor

from augury.inference.member_posterior import MemberPosterior
from augury.models.posteriors.bar import BarPosterior
from augury.models.posteriors.scale_mixture import ScaleMixturePosterior
from augury.models.posteriors.student_t import StudentTPosterior
from augury.numerics.predictive_law import NORMAL, NormalMixture, PredictiveLaw, StudentT

_LEAST_VARIANCE = 1e-300


@singledispatch
def log_density_and_cdf(posterior: Any, Y: Tensor) -> tuple[Tensor, Tensor]:
    """`log p(y)` and `Pr(f <= y)` of each coordinate of a posterior, at `Y` (`batch_shape x q x m`).

    A posterior of a kind that is not registered here is taken for the normal law with its mean and variance.
    Packages register theirs by `log_density_and_cdf.register(TheirPosterior)`.

    Args:
        posterior: of shape `batch_shape x q x m`.
        Y: of the same shape, or broadcasting to it.
    """
    return _of_law(NORMAL, posterior.mean, posterior.variance.clamp_min(_LEAST_VARIANCE).sqrt(), Y)


@log_density_and_cdf.register(StudentTPosterior)
def _student_t(posterior: StudentTPosterior, Y: Tensor) -> tuple[Tensor, Tensor]:
    scale = posterior.squared_scale[..., None, None] * posterior.gaussian.variance
    return _of_law(StudentT(posterior.df), posterior.mean, scale.sqrt(), Y)


@log_density_and_cdf.register(ScaleMixturePosterior)
def _scale_mixture(posterior: ScaleMixturePosterior, Y: Tensor) -> tuple[Tensor, Tensor]:
    law = NormalMixture(posterior.weights.detach().numpy(), posterior.scales.detach().numpy())
    return _of_law(law, posterior.mean, posterior.gaussian.variance.sqrt(), Y)


@log_density_and_cdf.register(BarPosterior)
def _bars(posterior: BarPosterior, Y: Tensor) -> tuple[Tensor, Tensor]:
    return posterior.bars.log_prob(Y).detach(), posterior.bars.cdf(Y).detach()


@log_density_and_cdf.register(MemberPosterior)
def _members(posterior: MemberPosterior, Y: Tensor) -> tuple[Tensor, Tensor]:
    """Members with noise are a mixture of normal laws; without, of jumps, for which the normal law stands."""
    if posterior.noise_variance is None:
        return _of_law(NORMAL, posterior.mean, posterior.variance.clamp_min(_LEAST_VARIANCE).sqrt(), Y)
    deviation = posterior.noise_variance.clamp_min(_LEAST_VARIANCE).sqrt()
    density, cdf = _of_law(NORMAL, posterior.values, deviation, Y.unsqueeze(-3))
    count = posterior.values.shape[-3]
    return density.logsumexp(dim=-3) - float(np.log(count)), cdf.mean(dim=-3)


def _of_law(law: PredictiveLaw, location: Tensor, scale: Tensor, Y: Tensor) -> tuple[Tensor, Tensor]:
    """Of `location + scale T`, without gradients: the derivative of `log F` is `p / F`."""
    z = ((Y - location) / scale).detach().numpy()
    # the laws are symmetric, and log F is exact where F is small
    log_cdf, slope = law.log_cdf(-np.abs(z))
    log_density = log_cdf + np.log(np.maximum(slope, 1e-300))
    below = np.exp(log_cdf)
    return (
        torch.from_numpy(log_density) - scale.detach().log(),
        torch.from_numpy(np.where(z > 0.0, 1.0 - below, below)),
    )
