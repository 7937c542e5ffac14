"""The prior variance of a network's weights by predictive score."""

from __future__ import annotations

import math
import warnings

import torch
from torch import Tensor

from augury.inference.base import InferenceWarning
from augury.inference.hmc import HMC
from augury.inference.network_density import NetworkDensity
from augury.inference.weight_prior import GaussianWeightPrior
from augury.networks.stacked import StackedNetwork

#: From nearly linear functions to rough ones.
PRIOR_VARIANCES = (0.5, 1.5, 4.0, 10.0)
#: Where there is too little to tell by.
DEFAULT_PRIOR_VARIANCE = 1.5
_LEAST_ROWS = 20
_HELD_OUT = 0.2
#: Enough to rank priors; the chosen one is sampled again, properly and on all rows.
_SHORT = HMC(num_samples=20, burn_in=60, num_chains=4, max_leapfrog=60)


def choose_prior_variance(
    network: StackedNetwork,
    X: Tensor,
    Y: Tensor,
    noise: Tensor | None = None,
    *,
    candidates: tuple[float, ...] = PRIOR_VARIANCES,
    seed: int = 0,
) -> float:
    r"""The variance `v` of a fan-in scaled normal prior under which held-out rows are predicted best.

    Short chains are run on 80 % of the rows, the noise inferred with each, and scored by the log predictive
    density of the others,

    .. math::
        \sum_{i \in \text{held out}} \log \frac1S \sum_s \mathcal N(y_i; f_s(x_i), \sigma_s^2)

    Below 20 rows the score says nothing and the default is returned.

    Args:
        network: the architecture.
        X: `n x ...` network inputs.
        Y: `n x o` standardised outcomes.
        noise: `n x o` known noise variances, or None.
        candidates: the variances compared.
        seed: of the split and the chains.

    Source: after Li, Rudner and Wilson (ICLR 2024), who search a grid of prior and noise variances in the
    same way; here the noise is inferred.
    """
    n = len(X)
    if n < _LEAST_ROWS or len(candidates) == 1:
        return DEFAULT_PRIOR_VARIANCE if n < _LEAST_ROWS else candidates[0]
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    held_out, kept = order[: round(_HELD_OUT * n)], order[round(_HELD_OUT * n) :]
    scores = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InferenceWarning)
        for variance in candidates:
            prior = GaussianWeightPrior(network, variance)
            density = NetworkDensity(network, prior, X[kept], Y[kept], None if noise is None else noise[kept])
            samples = _SHORT.run(density, seed=seed)
            variances = samples.noise_variance.unsqueeze(1) if noise is None else noise[held_out]
            scores.append(log_predictive_density(samples.predict(X[held_out]), Y[held_out], variances))
    return candidates[max(range(len(scores)), key=scores.__getitem__)]


def log_predictive_density(values: Tensor, Y: Tensor, noise: Tensor) -> float:
    """The summed log density of outcomes under equally likely members with normal noise.

    Args:
        values: `S x n x o` predictions of the members.
        Y: `n x o` outcomes.
        noise: their noise variances, broadcasting to `S x n x o`.
    """
    terms = -0.5 * ((values - Y).square() / noise + (2.0 * math.pi * noise).log())
    mixture = torch.logsumexp(terms.sum(dim=-1), dim=0) - math.log(len(values))
    return float(mixture.sum())
