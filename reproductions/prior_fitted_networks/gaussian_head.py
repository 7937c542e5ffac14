"""The ablation of the head: the same network, prior and steps, with bars or with a normal distribution."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.distributions import Normal

from augury.inference.prior_fitted.draw import PriorDraw
from augury.inference.prior_fitted.loss import LossParts
from augury.inference.prior_fitted.recipes import recipe
from augury.inference.prior_fitted.training import Trainer
from augury.networks.prior_fitted.transformer import PriorFittedTransformer


def train_both(steps: int) -> tuple[float, float, float, int]:
    """Negative log likelihoods of both on the same fresh data sets, and the standard error of their
    difference."""
    chosen = recipe("hyper-gp")
    shape = replace(chosen.shape, dim=1, experts=False, width=32, layers=2, hidden=64)
    plan = replace(
        chosen.plan,
        dims=(1, 1),
        max_context=20,
        steps=steps,
        tokens=1024,
        sizes="uniform",
        learning_rate=3e-3,
    )
    bars, normal = Trainer(chosen.prior, shape, plan), Trainer(chosen.prior, shape, plan)
    normal._loss = _gaussian_loss
    bars.run()
    normal.run()
    scores: list[list[Tensor]] = [[], []]
    generator = torch.Generator().manual_seed(77)
    for n in (1, 3, 5, 10, 20):
        draw = chosen.prior.sample(200, n, 8, 1, generator)
        outcomes = draw.outcomes(generator)
        X, y, X_new = (part.float() for part in (draw.X, draw.y, draw.X_new))
        with torch.no_grad():
            scores[0].append(-bars.network(X, y, X_new).log_prob(outcomes).mean(-1))
            scores[1].append(-_normal(normal.network, X, y, X_new).log_prob(outcomes).mean(-1))
    first, second = (torch.cat(parts).double() for parts in scores)
    error = float((second - first).std() / len(first) ** 0.5)
    return float(first.mean()), float(second.mean()), error, steps


def _normal(network: PriorFittedTransformer, X: Tensor, y: Tensor, X_new: Tensor) -> Normal:
    out = network._decode(network.read(X, y), X_new)[0]
    return Normal(out[..., 0], out[..., 1].clamp(-12.0, 12.0).exp())


def _gaussian_loss(network: PriorFittedTransformer, draw: PriorDraw) -> LossParts:
    """`-log N(y; m, s)` averaged over the law of `y`, as the bars' loss is."""
    draw = draw.map(lambda values: values.float())
    predicted = _normal(network, draw.X, draw.y, draw.X_new)
    square = (draw.mean - predicted.mean).square() + draw.deviation.square()
    score = predicted.scale.log() + 0.5 * square / predicted.variance
    divergence = score - draw.deviation.log() - 0.5
    return LossParts(score.mean(), float(divergence.mean().detach()))
