"""The moments of a Gaussian process, its variances and covariances in another unit."""

from __future__ import annotations

import numpy as np

from augury.models.exact.cross_posterior import CrossPosterior


class ScaledMoments:
    """Location and squared scale of a scale mixture: the Gaussian's moments, variances times one number.

    Args:
        moments: those given scale one.
        squared_scale: the number.
    """

    def __init__(self, moments: CrossPosterior, squared_scale: float) -> None:
        self._moments, self._squared_scale = moments, squared_scale
        self.fixed_mean = moments.fixed_mean
        self.fixed_covariance = squared_scale * moments.fixed_covariance

    def __call__(self, X: np.ndarray, *, gradient: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Location (`N`), squared scale (`N`) at `X` (`N x d`) and scale matrix with Z (`N x b`)."""
        mean, variance, covariance = self._moments(X, gradient=gradient)
        return mean, self._squared_scale * variance, self._squared_scale * covariance

    def pullback(self, mean: np.ndarray, variance: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        """`N x d`: the gradient with respect to the last `X` of the weighted sum of all moments."""
        scale = self._squared_scale
        return self._moments.pullback(mean, scale * variance, scale * covariance)
