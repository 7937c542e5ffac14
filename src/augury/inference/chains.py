"""What the samplers that follow stochastic gradients share."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from augury.inference.network_density import NetworkDensity
from augury.inference.predictive import WeightSamples


def warm_chains(
    density: NetworkDensity,
    num_chains: int,
    initial: Mapping[str, Tensor] | None,
    generator: torch.Generator,
) -> Tensor:
    """`C x dim` starting points: the ends of earlier chains where they fit, new ones elsewhere."""
    theta = density.initial(num_chains, generator)
    earlier = (initial or {}).get("theta")
    if earlier is None or earlier.dim() != 2 or earlier.shape[1] != density.dim:
        return theta
    rows = earlier.detach().to(torch.float64)[:num_chains]
    usable = torch.isfinite(rows).all(dim=1, keepdim=True)
    return torch.cat([torch.where(usable, rows, theta[: len(rows)]), theta[len(rows) :]])


def stochastic_gradient(
    density: NetworkDensity, theta: Tensor, batch_size: int, generator: torch.Generator
) -> Tensor:
    """`C x dim` gradients of the log posterior: from a minibatch for each chain, or from all rows where these
    are no more than `batch_size`."""
    if batch_size >= density.num_data:
        return density.value_gradient(theta)[1]
    rows = torch.randint(density.num_data, (len(theta), batch_size), generator=generator)
    return density.minibatch_gradient(theta, rows)


def chain_samples(density: NetworkDensity, draws: Tensor) -> WeightSamples:
    """The result of `C` chains with `S` draws each (`C x S x dim`)."""
    C, S, _ = draws.shape
    flat = draws.reshape(C * S, -1)
    return WeightSamples(
        density.network,
        density.split(flat)[0].contiguous(),
        density.noise_variance(flat).contiguous(),
        torch.arange(C).repeat_interleave(S),
        warm_start={"theta": draws[:, -1].clone()},
    )
