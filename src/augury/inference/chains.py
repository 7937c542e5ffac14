"""What the samplers that follow stochastic gradients share."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.base import InferenceWarning
from augury.inference.diagnostics import chain_diagnostics, warn_of_poor_chains
from augury.inference.network_density import NetworkDensity
from augury.inference.predictive import WeightSamples


def warm_chains(
    density: NetworkDensity,
    num_chains: int,
    initial: Mapping[str, Tensor] | None,
    generator: torch.Generator,
    *,
    from_prior: bool = False,
) -> Tensor:
    """`C x dim` starting points: the ends of earlier chains where they fit, new ones elsewhere.

    New ones are PyTorch's, or draws of the prior (with `from_prior`), among which the chains are spread
    widely enough.
    """
    theta = density.initial(num_chains, generator)
    if from_prior:
        theta[:, : density.num_weights] = density.prior.sample(num_chains, generator)
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


def chain_samples(density: NetworkDensity, draws: Tensor, *, warn: bool = False) -> WeightSamples:
    """The result of `C` chains with `S` draws each (`C x S x dim`); chains that ran away are left out.

    Args:
        density: whose posterior was sampled.
        draws: `C x S x dim`.
        warn: whether poor mixing is worth a warning.

    Raises:
        InvalidInputError: all chains ran away.
    """
    kept = torch.isfinite(draws).flatten(1).all(dim=1)
    lost = int((~kept).sum())
    if lost == len(draws):
        raise InvalidInputError("all chains diverged; use a smaller step size, or rescale the data")
    if lost:
        warnings.warn(
            f"{lost} of {len(draws)} chains diverged and were left out; use a smaller step size",
            InferenceWarning,
            stacklevel=3,
        )
    draws = draws[kept]
    C, S, _ = draws.shape
    flat = draws.reshape(C * S, -1)
    weights = density.split(flat)[0].contiguous()
    diagnostics = chain_diagnostics(density, weights, C) if S > 1 else {}
    if warn and diagnostics:
        warn_of_poor_chains({**diagnostics, "acceptance": 1.0, "divergences": 0.0}, C, S)
    return WeightSamples(
        density.network,
        weights,
        density.noise_variance(flat).contiguous(),
        torch.arange(C).repeat_interleave(S),
        diagnostics=diagnostics,
        warm_start={"theta": draws[:, -1].clone()},
    )
