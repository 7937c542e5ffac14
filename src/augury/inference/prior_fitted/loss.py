"""What a prior-fitted network is trained on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from augury.inference.prior_fitted.draw import PriorDraw
from augury.networks.prior_fitted.transformer import PriorFittedTransformer
from augury.numerics.buckets import normal_bucket_masses

_NOISE_WEIGHT = 0.05
_LEAST_DEVIATION = 1e-6
_LEAST_NOISE = 1e-8


@dataclass(frozen=True)
class LossParts:
    """The loss of a batch.

    Args:
        total: what is minimised.
        divergence: mean Kullback-Leibler divergence, over buckets, from the law of a new outcome given all
            that was drawn to the prediction: for a fixed prior the gap to the exact posterior, else an upper
            bound of it.
    """

    total: Tensor
    divergence: float


def regression_loss(network: PriorFittedTransformer, draw: PriorDraw) -> LossParts:
    r"""The prior-data negative log likelihood, averaged over the law of each new outcome.

    .. math::
        \ell = -\sum_k P_k \log p_k, \qquad P_k = \Pr(\text{in bucket } k \mid \text{all that was drawn})

    whose gradient is that of `-log q(y)` averaged over `y`. A small second term teaches the variance of the
    noise, by the likelihood of a normal.
    """
    dtype = next(network.parameters()).dtype
    if not network.shape.experts:
        draw = draw.map(lambda values: values.to(dtype))
    context = network.read(draw.X, draw.y)
    predicted, noise_variance = network.predict(context, draw.X_new)
    scale = predicted.scale
    mean = (draw.mean - predicted.loc) / scale
    deviation = (draw.deviation / scale).clamp_min(_LEAST_DEVIATION)
    masses = normal_bucket_masses(predicted.borders, mean, deviation).to(dtype)
    logs = predicted.logits.to(dtype).log_softmax(-1)
    cross_entropy = -(masses * logs).sum(-1).mean()
    entropy = -torch.special.xlogy(masses, masses).sum(-1).mean()
    squared_scale = context.scale.square().unsqueeze(-1)
    ratio = (draw.noise.square() / squared_scale).clamp_min(_LEAST_NOISE)
    variance = (noise_variance / squared_scale).clamp_min(1e-3 * _LEAST_NOISE)
    noise_loss = 0.5 * (variance.log() + ratio / variance).mean()
    total = cross_entropy + _NOISE_WEIGHT * noise_loss.to(dtype)
    return LossParts(total, float((cross_entropy - entropy).detach()))


def classification_loss(network: PriorFittedTransformer, draw: PriorDraw) -> LossParts:
    """The mean cross-entropy of the new rows' classes, which the draw's means hold."""
    logits = network.class_logits(network.read(draw.X, draw.y), draw.X_new)
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), draw.mean.long().flatten())
    return LossParts(loss, float(loss.detach()))
