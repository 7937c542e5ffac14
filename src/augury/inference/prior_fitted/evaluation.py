"""How far a prior-fitted network is from the exact posterior of its prior."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from augury.inference.prior_fitted.draw import PriorSampler
from augury.networks.prior_fitted.transformer import PriorFittedTransformer

_BATCH_ROWS = 8192


@dataclass(frozen=True)
class Gap:
    """Mean negative log likelihood of fresh outcomes, against the law given all that was drawn.

    Args:
        rows: of the context.
        dim: inputs.
        network: mean of the network's, in nats.
        reference: mean of the law's: the exact posterior for a prior of fixed hyperparameters, and below it,
            by what hyperparameters are worth, for others.
        gap: mean of the difference.
        error: its standard error over data sets.
        mean_error: median absolute difference of the predicted means, in units of the outcomes' deviation.
    """

    rows: int
    dim: int
    network: float
    reference: float
    gap: float
    error: float
    mean_error: float


@torch.no_grad()
def measure_gap(
    network: PriorFittedTransformer,
    prior: PriorSampler,
    rows: int,
    dim: int,
    *,
    data_sets: int = 2000,
    queries: int = 8,
    seed: int = 1000,
) -> Gap:
    """The gap on fresh data sets.

    Args:
        network: for regression.
        prior: where the data sets come from.
        rows: of each context.
        dim: inputs.
        data_sets: how many.
        queries: new outcomes of each.
        seed: of the data sets.
    """
    generator = torch.Generator().manual_seed(seed)
    dtype = next(network.parameters()).dtype
    size = max(1, min(data_sets, _BATCH_ROWS // (rows + queries)))
    scores, errors, spread = [], [], []
    for start in range(0, data_sets, size):
        draw = prior.sample(min(size, data_sets - start), rows, queries, dim, generator)
        outcomes = draw.outcomes(generator)
        given = draw if network.shape.experts else draw.map(lambda values: values.to(dtype))
        predicted = network(given.X, given.y, given.X_new)
        ours = predicted.log_prob(outcomes).double()
        law = torch.distributions.Normal(draw.mean, draw.deviation.clamp_min(1e-12))
        scores.append(torch.stack([-ours.mean(-1), -law.log_prob(outcomes).mean(-1)]))
        errors.append((predicted.mean.double() - draw.mean).abs().flatten())
        spread.append(outcomes.square().mean(-1))
    network_score, reference = torch.cat(scores, dim=-1)
    difference = network_score - reference
    return Gap(
        rows,
        dim,
        float(network_score.mean()),
        float(reference.mean()),
        float(difference.mean()),
        float(difference.std() / len(difference) ** 0.5),
        float(torch.cat(errors).median() / torch.cat(spread).mean().sqrt()),
    )
