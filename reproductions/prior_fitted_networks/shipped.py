"""The shipped surrogate on fresh draws of its own prior, beside the Gaussian process."""

from __future__ import annotations

import torch
from torch import Tensor

from augury.inference.prior_fitted.draw import PriorDraw
from augury.inference.prior_fitted.mixture_prior import MixturePrior
from augury.inference.prior_fitted.recipes import recipe
from augury.models import GaussianProcess, PriorFittedNetwork
from augury.models.posteriors.marginals import log_density_and_cdf
from reproductions._table import Row
from reproductions.prior_fitted_networks.scores import law_scores

_MEMBERS = ("Matern GP", "squared exponential GP", "random networks")


def gaps(quick: bool) -> list[Row]:
    """Negative log likelihoods of the network and of the Gaussian process beside the law that drew."""
    prior = recipe("surrogate").prior
    assert isinstance(prior, MixturePrior)
    rows = []
    for label, member in zip(_MEMBERS, prior.members, strict=True):
        for dim in (2, 5, 10, 15, 20):
            for n in (20, 100, 200):
                if quick and (dim, n) != (5, 20):
                    continue
                draw = member.sample(
                    3 if quick else 24, n, 16, dim, torch.Generator().manual_seed(300 + n + dim)
                )
                outcomes = draw.outcomes(torch.Generator().manual_seed(n))
                law = law_scores(draw, outcomes)
                ours, theirs = (
                    _scores(model, draw, outcomes) for model in (PriorFittedNetwork, GaussianProcess)
                )
                gap, error = ours - law, (ours - law).std() / len(law) ** 0.5
                measured = (
                    f"gap {gap.mean():.3f} ± {error:.3f}; the GP's {(theirs - law).mean():.3f}; "
                    f"network better on {float((ours < theirs).double().mean()):.0%}"
                )
                rows.append(
                    (
                        f"{label}, d = {dim}, n = {n}: gap to the law that drew, nat",
                        "target <= 0.15",
                        measured,
                    )
                )
    return rows


def _scores(
    model: type[PriorFittedNetwork] | type[GaussianProcess], draw: PriorDraw, outcomes: Tensor
) -> Tensor:
    found = []
    for b in range(len(draw.y)):
        fitted = model(draw.X[b], draw.y[b].unsqueeze(-1)).fit()
        with torch.no_grad():
            posterior = fitted.posterior(draw.X_new[b].unsqueeze(-2), observation_noise=True)
        density, _ = log_density_and_cdf(posterior, outcomes[b, :, None, None])
        found.append(-density.mean())
    return torch.stack(found)
