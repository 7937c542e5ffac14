"""Decisions that do without one choice of hyperparameters: averages over what the data leave plausible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from augury.acquisition.analytic import PosteriorMean
from augury.acquisition.base import Acquisition
from augury.acquisition.mixture import LogMixture
from augury.acquisition.moments import has_closed_form
from augury.acquisition.situation import Situation, log_nei, log_nei_of

#: So many draws of the hyperparameters stand for their posterior.
NUM_HYPERPARAMETERS = 8


def marginal_log_nei(situation: Situation) -> Acquisition:
    r"""Log noisy expected improvement, averaged over the posterior of the surrogate's hyperparameters.

    .. math::
        \log \mathbb E_{\theta \mid y}\, \mathrm{NEI}(x; \theta)

    With few noisy data it is open how much of their scatter is noise, and the likeliest answer alone makes a
    decision that is sure of it. A surrogate that does not offer draws of its hyperparameters (`plausible`) is
    taken as it is.

    Source: Snoek, Larochelle and Adams, "Practical Bayesian optimization of machine learning algorithms",
    NeurIPS 2012, section 3.1.
    """
    members = _plausible(situation.model, situation.seed)
    if members is None:
        return log_nei(situation)
    parts = [log_nei_of(situation, model) for _, model in members]
    return situation.constrained(LogMixture(parts, [weight for weight, _ in members]))


def marginal_mean(model: Any, *, maximize: bool, seed: int) -> Acquisition | None:
    """The posterior mean, averaged likewise; None where the model offers no draws of its hyperparameters."""
    members = _plausible(model, seed)
    if members is None or not has_closed_form(model):
        return None
    return _Average(
        [PosteriorMean(member, maximize=maximize) for _, member in members],
        np.array([weight for weight, _ in members]),
    )


def _plausible(model: Any, seed: int) -> list[tuple[float, Any]] | None:
    if not hasattr(model, "plausible"):
        return None
    members: list[tuple[float, Any]] = model.plausible(NUM_HYPERPARAMETERS, seed=seed)
    return members


class _Average:
    """The weighted sum of acquisition functions."""

    def __init__(self, parts: Sequence[PosteriorMean], weights: np.ndarray) -> None:
        self._parts, self._weights = parts, weights
        self.lengthscales = parts[int(weights.argmax())].lengthscales

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        value: np.ndarray = self._weights @ np.stack([part.value(X) for part in self._parts])
        return value

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`)."""
        values, gradients = zip(*(part.value_gradient(X) for part in self._parts), strict=True)
        return self._weights @ np.stack(values), np.tensordot(self._weights, np.stack(gradients), axes=1)
