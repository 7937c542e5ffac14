"""Scalarisations: one number to minimise from several, by a preference."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Scalarization(ABC):
    """A function of the objectives whose minima, over all preferences, are the Pareto set."""

    @abstractmethod
    def weights(self, preferences: Array) -> Array:
        """What the excesses over the ideal point are multiplied by: `n x k` for preferences (`n x k`)."""

    @property
    def augmentation(self) -> float:
        """How much the sum of the objectives counts beside the largest excess."""
        return 0.0

    def __call__(self, preferences: Array, L: Array, ideal: Array) -> tuple[Array, Array, Array]:
        """The values, their derivatives and the objectives that decide.

        Args:
            preferences: `n x k`, positive.
            L: `n x k` objectives, to be minimised.
            ideal: `k`, better than all of them.

        Returns:
            `n` values, `n x k` derivatives by the objectives, and `n` indices of the largest weighted excess.
        """
        weights = self.weights(preferences)
        excess = weights * (L - ideal)
        active = excess.argmax(axis=1)
        rows = np.arange(len(L))
        slopes = np.full(L.shape, self.augmentation)
        slopes[rows, active] += weights[rows, active]
        return excess[rows, active] + self.augmentation * L.sum(axis=1), slopes, active


@final
@dataclass(frozen=True)
class Tchebycheff(Scalarization):
    r"""The largest weighted excess over the ideal point,

    .. math::
        \max_j \lambda_j (L_j - z_j);

    the larger the preference, the more its objective matters.

    Source: Nguyen et al., arXiv:2412.17312 (2024).
    """

    def weights(self, preferences: Array) -> Array:
        return preferences


@final
@dataclass(frozen=True)
class AugmentedTchebycheff(Scalarization):
    r"""The largest excess over the ideal point by the inverse preferences, and a little of their sum,

    .. math::
        \max_j \frac{L_j - z_j}{\lambda_j} + 0.01 \sum_j L_j;

    the larger the preference, the less its objective matters.

    Source: Lin et al., NeurIPS 2022, eq. 4.
    """

    def weights(self, preferences: Array) -> Array:
        return 1.0 / preferences

    @property
    def augmentation(self) -> float:
        return 0.01


SCALARIZATIONS: dict[str, Scalarization] = {
    "tchebycheff": Tchebycheff(),
    "augmented-tchebycheff": AugmentedTchebycheff(),
}
