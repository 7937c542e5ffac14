"""Moments of a forest at candidates jointly with fixed points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from augury.models.forest.regression_forest import RegressionForest


class ForestMoments:
    """Mean, variance and covariances in an outcome's own units, constant on the pieces between cuts.

    Their gradient is given as zero, as it is almost everywhere within the box of the training rows.

    Args:
        forest: of the outcome.
        seen: from points (`N x d`) to what the trees see of them, and how far they are beyond the training
            rows (`N`).
        Z: `b x d` fixed points, or None.
        shift: the outcome is `shift + scale` times what the forest predicts.
        scale: see `shift`.
    """

    def __init__(
        self,
        forest: RegressionForest,
        seen: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
        Z: np.ndarray | None,
        shift: float,
        scale: float,
    ) -> None:
        self._forest, self._seen, self._shift, self._scale = forest, seen, shift, scale
        self._fixed: tuple[np.ndarray, np.ndarray] | None = None
        self.fixed_mean, self.fixed_covariance = np.empty(0), np.empty((0, 0))
        if Z is not None and len(Z):
            self._fixed = self._leaves(Z)
            self.fixed_mean = shift + scale * forest.mean_variance(self._fixed[0])[0]
            self.fixed_covariance = self._covariance(*self._fixed)

    def __call__(self, X: np.ndarray, *, gradient: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """As `augury.acquisition.moments.Moments`."""
        self._shape = X.shape
        leaves, beyond = self._leaves(X)
        mean, variance = self._forest.mean_variance(leaves)
        covariance = np.empty((len(X), 0)) if self._fixed is None else self._covariance(leaves, beyond)
        return self._shift + self._scale * mean, self._scale**2 * (variance + beyond**2), covariance

    def _leaves(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        inputs, beyond = self._seen(X)
        return self._forest.leaves(inputs), beyond

    def _covariance(self, leaves: np.ndarray, beyond: np.ndarray) -> np.ndarray:
        """`N x b` covariances with the fixed points."""
        assert self._fixed is not None
        fixed, fixed_beyond = self._fixed
        return self._scale**2 * (self._forest.covariance(leaves, fixed) + np.outer(beyond, fixed_beyond))

    def pullback(self, mean: np.ndarray, variance: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        """Zeros (`N x d`)."""
        return np.zeros(self._shape)
