"""Weights of a mixture by the score of its prediction: stacking of predictive distributions."""

from __future__ import annotations

import numpy as np

_ITERATIONS = 200
_TOLERANCE = 1e-6


def stacking_weights(log_densities: np.ndarray, prior: np.ndarray) -> np.ndarray:
    r"""The weights on the simplex with the best log score of the mixture, and a prior on them.

    .. math::
        \max_w \; \sum_i \log \sum_k w_k\, p_k(y_i \mid y_{-i}) + \sum_k c_k \log w_k

    a concave function, climbed by expectation maximisation; `c_k` counts as so many further rows that member
    `k` alone explains, which keeps the weights near it as long as the rows are few.

    Args:
        log_densities: `n x K`, the log density of each row left out, by each member.
        prior: `K` numbers `c_k >= 0`.

    Returns:
        `K` weights of sum 1.

    Source: Yao, Vehtari, Simpson and Gelman (2018), "Using stacking to average Bayesian predictive
    distributions", Bayesian Analysis 13, eq. 5, without the prior.
    """
    n, K = log_densities.shape
    densities = np.exp(log_densities - log_densities.max(axis=1, keepdims=True))
    weights = (1.0 + prior) / (K + prior.sum())
    for _ in range(_ITERATIONS):
        shares = densities * weights
        shares /= shares.sum(axis=1, keepdims=True)
        updated = (shares.sum(axis=0) + prior) / (n + prior.sum())
        step = np.abs(updated - weights).max()
        weights = updated
        if step < _TOLERANCE:
            break
    return weights
