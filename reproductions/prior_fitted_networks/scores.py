"""Negative log likelihoods of new outcomes of a prior's draws."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Normal

from augury.inference.prior_fitted.draw import PriorDraw
from augury.models.prior_fitted.weights import TrainedNetwork


def network_scores(draw: PriorDraw, outcomes: Tensor) -> Tensor:
    """`B` means over the new outcomes (`B x m`) under the shipped surrogate's network."""
    network = TrainedNetwork.of("surrogate").network
    with torch.no_grad():
        return -network(draw.X, draw.y, draw.X_new).log_prob(outcomes).mean(-1)


def law_scores(draw: PriorDraw, outcomes: Tensor) -> Tensor:
    """`B` means over the new outcomes (`B x m`) under the law that drew them."""
    return -Normal(draw.mean, draw.deviation).log_prob(outcomes).mean(-1)
