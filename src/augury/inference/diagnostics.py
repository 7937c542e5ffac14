"""How well chains have explored the posterior: of the function, since weights are not identifiable."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from augury.inference.base import InferenceWarning
from augury.inference.evaluator import Array
from augury.inference.network_density import NetworkDensity

#: At so many training inputs the function is watched.
_WATCHED = 20
_WORST_RHAT = 1.1
_LEAST_ESS_PER_CHAIN = 5.0
_LEAST_ACCEPTANCE = 0.3
_MOST_DIVERGENCES = 0.05


def effective_sample_size(values: Array, tail: bool = False) -> Array:
    """Bulk (or tail) effective sample size of `C x S x K` draws, one for each of `K` quantities.

    Source: Vehtari, Gelman, Simpson, Carpenter and Bürkner, "Rank-normalization, folding, and localization:
    an improved R-hat", Bayesian Analysis 16 (2021); computed by ArviZ.
    """
    from arviz_stats.base import array_stats

    options = {"method": "tail", "prob": (0.05, 0.95)} if tail else {"method": "bulk"}
    size: Array = np.asarray(array_stats.ess(values, chain_axis=0, draw_axis=1, **options))
    return size


def split_rhat(values: Array) -> Array:
    """Rank-normalised split R-hat of `C x S x K` draws; source and computation as for the sample size."""
    from arviz_stats.base import array_stats

    rhat: Array = np.asarray(array_stats.rhat(values, chain_axis=0, draw_axis=1, method="rank"))
    return rhat


def chain_diagnostics(density: NetworkDensity, weights: Tensor, C: int) -> dict[str, float]:
    """The worst R-hat and effective sample sizes of the function at some of the training inputs.

    Args:
        density: whose posterior was sampled.
        weights: `C S x P`, the draws of each chain one after the other.
        C: number of chains.

    Returns:
        `rhat`, `ess_bulk`, `ess_tail`; NaN from chains too short to tell.
    """
    chosen = np.linspace(0, density.num_data - 1, min(_WATCHED, density.num_data)).round().astype(int)
    with torch.no_grad():
        values = density.network(weights, density.X[torch.from_numpy(chosen)])
    draws = values.reshape(C, len(weights) // C, -1).numpy()
    if draws.shape[1] < 4:
        return {"rhat": np.nan, "ess_bulk": np.nan, "ess_tail": np.nan}
    return {
        "rhat": float(split_rhat(draws).max()),
        "ess_bulk": float(effective_sample_size(draws).min()),
        "ess_tail": float(effective_sample_size(draws, tail=True).min()),
    }


def warn_of_poor_chains(diagnostics: Mapping[str, float], chains: int, samples: int) -> None:
    """Warn (`InferenceWarning`) when the numbers say that predictions should not be trusted.

    Args:
        diagnostics: acceptance, divergences, rhat, ess_bulk.
        chains: number of chains.
        samples: of each.
    """
    problems = []
    if diagnostics["acceptance"] < _LEAST_ACCEPTANCE:
        problems.append(f"only {diagnostics['acceptance']:.0%} of the proposals were accepted")
    if diagnostics["divergences"] > _MOST_DIVERGENCES * chains * samples:
        problems.append(f"{diagnostics['divergences']:.0f} of {chains * samples} trajectories diverged")
    if diagnostics["rhat"] > _WORST_RHAT:
        problems.append(f"the chains disagree (R-hat {diagnostics['rhat']:.2f}; below {_WORST_RHAT} is good)")
    if diagnostics["ess_bulk"] < _LEAST_ESS_PER_CHAIN * chains:
        problems.append(f"there are only {diagnostics['ess_bulk']:.0f} effective samples")
    if problems:
        warnings.warn(
            f"{'; '.join(problems)}. Use more samples, a longer burn_in or another step_size.",
            InferenceWarning,
            stacklevel=3,
        )
