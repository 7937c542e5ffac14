"""Acquisition under uncertain feasibility: outcome constraints, and evaluations that fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from augury.acquisition.base import Acquisition, is_smooth
from augury.acquisition.enumeration import is_among
from augury.numerics.quasi_random import quasi_uniform


class ConstrainedAcquisition:
    r"""An acquisition times the probability that all constraints hold, in logarithms.

    .. math::
        \alpha(x) = \frac{a(x)}{s} + \sum_j \log \Pr(c_j(x) \text{ holds})

    While nothing feasible is known there is nothing to improve on: the objective's term is left out
    (`objective=None`) and the probability of feasibility alone is maximised.

    Args:
        objective: the logarithm of an improvement, or (with `scale`) any acquisition; None while nothing is
            feasible.
        constraints: logarithms of probabilities (`LogProbabilityOfFeasibility`, `LogProbabilityOfSuccess`),
            independent.
        scale: `s`; 1 for logarithms, the standard deviation of the outcomes for an acquisition in their
            units (a bound),
            so that a constraint missed with probability 63 % costs one standard deviation.

    Source: Gardner et al., "Bayesian optimization with inequality constraints", ICML 2014, eq. 6; Ament et
    al., NeurIPS 2023, section 3.2, for the logarithms.
    """

    def __init__(
        self, objective: Acquisition | None, constraints: Sequence[Acquisition], *, scale: float = 1.0
    ) -> None:
        if objective is None and not constraints:
            raise ValueError("give an objective or at least one constraint")
        self.objective, self.constraints, self.scale = objective, list(constraints), float(scale)
        parts = self.constraints if objective is None else [objective]
        self.lengthscales: np.ndarray | None = getattr(parts[0], "lengthscales", None)
        self.is_smooth = all(map(is_smooth, [*parts, *self.constraints]))

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        total = np.zeros(len(X)) if self.objective is None else self.objective.value(X) / self.scale
        for constraint in self.constraints:
            total = total + constraint.value(X)
        return total

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`)."""
        total, slope = np.zeros(len(X)), np.zeros(X.shape)
        if self.objective is not None:
            total, slope = self.objective.value_gradient(X)
            total, slope = total / self.scale, slope / self.scale
        for constraint in self.constraints:
            value, gradient = constraint.value_gradient(X)
            total, slope = total + value, slope + gradient
        return total, slope


class LogProbabilityOfSuccess:
    """The logarithm of the probability that an evaluation does not fail; -inf at points that have failed.

    No model of chances is as sure as that of a point itself: a deterministic failure comes again.

    Args:
        model: a classifier with `log_probability(X)`, `log_probability_gradient(X)` and `failed_points`
            (`FeasibilityModel`).
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        with torch.no_grad():
            value = self.model.log_probability(torch.from_numpy(np.ascontiguousarray(X))).numpy()
        return self._without_hope(X, value)

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`)."""
        value, gradient = self.model.log_probability_gradient(torch.from_numpy(np.ascontiguousarray(X)))
        return self._without_hope(X, value.numpy()), gradient.numpy()

    def _without_hope(self, X: np.ndarray, value: np.ndarray) -> np.ndarray:
        return np.where(is_among(X, self.model.failed_points), -np.inf, value)


def draw_feasible(
    constraints: Sequence[Acquisition], points: np.ndarray, *, count: int, seed: int
) -> np.ndarray | None:
    """In which of `count` fantasies each point keeps all constraints (`count x p`); None when there are none.

    Args:
        constraints: logarithms of probabilities, independent.
        points: `p x d`.
        count: number of fantasies.
        seed: of the draw.
    """
    if not constraints or not len(points):
        return None
    log_probability = sum(constraint.value(points) for constraint in constraints)
    return quasi_uniform(count, len(points), seed) < np.exp(log_probability)
