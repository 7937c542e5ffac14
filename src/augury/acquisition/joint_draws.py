"""Draws of a surrogate's function at many points at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from augury.acquisition.moments import has_closed_form, location_scale_of
from augury.numerics.linalg import cholesky_in_place


def joint_draws(model: Any, X: np.ndarray, count: int, *, seed: int) -> np.ndarray:
    r"""`count x N` joint draws from the posterior of one outcome at `X` (`N x d`), in its units.

    .. math::
        f^{(i)} = \mu + r_i\, C\, \xi_i, \qquad C C^T = \Sigma_{XX}, \qquad \xi_i \sim \mathcal N(0, I)

    exactly, where the posterior is a location and a scale times one law (see `location_scale_of`; `r_i = 1`
    for a Gaussian), at a cost of `N^3 / 3` whatever their number; by BoTorch's sampler of the posterior
    elsewhere.

    Args:
        model: a BoTorch model of one outcome.
        X: `N x d` points.
        count: number of draws.
        seed: of the draws.
    """
    if not has_closed_form(model):
        from botorch.sampling.get_sampler import get_sampler

        with torch.no_grad():
            posterior = model.posterior(torch.from_numpy(np.ascontiguousarray(X)))
            samples: np.ndarray = get_sampler(posterior, torch.Size([count]), seed=seed)(posterior).numpy()
        return samples.reshape(count, len(X))
    moments, law = location_scale_of(model, X)
    factor = np.array(moments.fixed_covariance, order="F")
    cholesky_in_place(factor)
    rng = np.random.default_rng([seed, 4])
    radii = law.scales(rng.random(count))
    draws: np.ndarray = radii[:, None] * (rng.standard_normal((count, len(X))) @ np.tril(factor).T)
    draws += moments.fixed_mean
    return draws
