"""The best designs for one objective alone and for one preference, found by search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from augury.acquisition.search import maximize
from augury.strategies.pareto_set_learning.scalarization import SCALARIZATIONS

if TYPE_CHECKING:
    from augury.space.space import Space
    from augury.strategies.pareto_set_learning.bounds import LowerBounds


def best_alone(
    bounds: LowerBounds, space: Space, k: int, incumbents: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The designs (`k x d`) of the least bound of each objective, and these bounds (`k`)."""
    found = [
        maximize(_Weighted(bounds, one), space, incumbents=incumbents, seed=seed + index)
        for index, one in enumerate(np.eye(k))
    ]
    X = np.array([result.x for result in found])
    return X, bounds(X).diagonal().copy()


def best_for(
    bounds: LowerBounds,
    space: Space,
    preferences: np.ndarray,
    ideal: np.ndarray,
    incumbents: np.ndarray,
    seed: int,
) -> np.ndarray:
    """The designs (`N x d`) of the least scalarised bound for preferences (`N x k`)."""
    found = [
        maximize(_Scalarized(bounds, one, ideal), space, incumbents=incumbents, seed=seed + index).x
        for index, one in enumerate(preferences)
    ]
    return np.array(found).reshape(len(preferences), space.dim)


class _Weighted:
    """The negative weighted sum of bounds, as an `Acquisition`."""

    def __init__(self, bounds: LowerBounds, weights: np.ndarray) -> None:
        self._bounds, self._weights = bounds, weights

    def value(self, X: np.ndarray) -> np.ndarray:
        values: np.ndarray = -self._bounds(X) @ self._weights
        return values

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values: np.ndarray = -self._bounds(X, gradient=True) @ self._weights
        return values, -self._bounds.pullback(np.tile(self._weights, (len(X), 1)))


class _Scalarized:
    """The negative Tchebycheff value for one preference, as an `Acquisition`."""

    def __init__(self, bounds: LowerBounds, preference: np.ndarray, ideal: np.ndarray) -> None:
        self._bounds, self._preference, self._ideal = bounds, preference, ideal

    def value(self, X: np.ndarray) -> np.ndarray:
        return -self._scalarized(self._bounds(X))[0]

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, slopes, _ = self._scalarized(self._bounds(X, gradient=True))
        return -values, -self._bounds.pullback(slopes)

    def _scalarized(self, L: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        preferences = np.broadcast_to(self._preference, L.shape)
        return SCALARIZATIONS["tchebycheff"](preferences, L, self._ideal)
