"""Another covariance plus that of a quadratic trend."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from augury.models.exact.covariance import Covariance, CrossExpansion
from augury.models.exact.quadratic_trend import QuadraticTrend
from augury.models.exact.stacked_likelihood import CovarianceStack


class TrendedCovariance(Covariance):
    r"""`k(x, x') + \varphi(x)^T \varphi(x')`: a process around a quadratic in each input.

    The trend has no hyperparameters, so that the fit is that of the covariance `k` with a constant added to
    its matrix. Universal kriging lets coefficients range freely; here their prior is as wide as the process
    itself, so that few data do not decide them.

    Sources: Matheron (1969), "Le krigeage universel"; O'Hagan (1978), "Curve fitting and optimal design for
    prediction", JRSS B 40, for normal coefficients; Rasmussen and Williams (2006), eq. 2.39.

    Args:
        base: `k`, bound to `X`.
        X: `n x d` encoded training inputs.
        trend: the quadratic.
    """

    def __init__(self, base: Covariance, X: np.ndarray, trend: QuadraticTrend) -> None:
        self._base = base
        self._trend = trend
        self._X = X
        self._features = trend.features(X)
        self._buffers: tuple[np.ndarray, np.ndarray] | None = None  # the trend's matrix, and the sum
        self._matrix: np.ndarray | None = None
        self.has_derivatives = base.has_derivatives
        self.has_cross_expansion = base.has_cross_expansion
        self.negligible_promise = base.negligible_promise
        self.longest_step, self.longest_noise_step = base.longest_step, base.longest_noise_step

    def rebind(self, X: np.ndarray) -> TrendedCovariance:
        return TrendedCovariance(self._base.rebind(X), X, self._trend)

    # -- hyperparameters -------------------------------------------------------------------------------

    @property
    def theta(self) -> np.ndarray:
        return self._base.theta

    @theta.setter
    def theta(self, theta: np.ndarray) -> None:
        self._base.theta = theta

    @property
    def lengthscales(self) -> np.ndarray | None:
        return self._base.lengthscales

    def bounds(self) -> np.ndarray:
        return self._base.bounds()

    def starts(self) -> np.ndarray:
        return self._base.starts()

    def rough_starts(self) -> np.ndarray:
        return self._base.rough_starts()

    def smoother(self, theta: np.ndarray, longer: float) -> np.ndarray | None:
        return self._base.smoother(theta, longer)

    def log_prior(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        return self._base.log_prior(theta)

    def log_priors(self, thetas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._base.log_priors(thetas)

    def prior_curvature(self) -> np.ndarray:
        return self._base.prior_curvature()

    # -- the training covariance -----------------------------------------------------------------------

    def matrix(self, theta: np.ndarray) -> np.ndarray:
        self._matrix = self._base.matrix(theta)
        if self._buffers is None:
            self._buffers = self._gram(), np.empty_like(self._matrix)  # Fortran-ordered as that is
        gram, total = self._buffers
        return np.add(self._matrix, gram, out=total)

    def _gram(self) -> np.ndarray:
        return self._features @ self._features.T

    def scratch(self) -> np.ndarray:
        return self._base.scratch()

    def release(self) -> None:
        self._base.release()
        self._buffers = self._matrix = None

    def derivatives(self, vector: np.ndarray) -> np.ndarray:
        return self._base.derivatives(vector)

    def pullback(self, weights: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        assert self._matrix is not None
        return self._base.pullback(weights, self._matrix)

    def stack(self, thetas: np.ndarray) -> CovarianceStack | None:
        stack = self._base.stack(thetas)
        if stack is not None:
            stack.matrices += self._gram() if self._buffers is None else self._buffers[0]
        return stack

    # -- covariance with new inputs --------------------------------------------------------------------

    def cross(self, X: np.ndarray, *, gradient: bool = False) -> np.ndarray:
        if gradient:
            self._last_cross = X
        own = self._base.cross(X, gradient=gradient)  # what its pullback needs: not to be written into
        total: np.ndarray = self._trend.features(X) @ self._features.T
        total += own
        return total

    def cross_pullback(self, weights: np.ndarray) -> np.ndarray:
        weights = np.broadcast_to(weights, (len(self._last_cross), len(self._X)))
        gradient = self._base.cross_pullback(weights)
        return gradient + self._trend.pullback(self._last_cross, weights @ self._features)

    def cross_expansion(self, X: np.ndarray) -> TrendedExpansion:
        return TrendedExpansion(self._base.cross_expansion(X), self._trend, X, self._features)

    def diagonal(self, X: np.ndarray) -> np.ndarray:
        return self._base.diagonal(X) + self._trend.variance(X)

    def diagonal_gradient(self, X: np.ndarray) -> np.ndarray:
        gradient = self._trend.variance_gradient(X)
        own = self._base.diagonal_gradient(X)
        return gradient if own is None else gradient + own

    def diagonal_hessian(self, X: np.ndarray) -> np.ndarray:
        hessian = self._trend.variance_hessian(X)
        own = self._base.diagonal_hessian(X)
        return hessian if own is None else hessian + own

    def dense(self, X1: Tensor, X2: Tensor) -> Tensor:
        left = self._trend.features_tensor(X1)
        right = left if X2 is X1 else self._trend.features_tensor(X2)
        return self._base.dense(X1, X2) + left @ right.transpose(-1, -2)


class TrendedExpansion:
    """The covariance with other points to second order in one of them.

    Args:
        base: that of the covariance without the trend; it is used up.
        trend: the quadratic.
        X: `N x d` points.
        features: of the others, `n x 2 d`.
    """

    def __init__(
        self, base: CrossExpansion, trend: QuadraticTrend, X: np.ndarray, features: np.ndarray
    ) -> None:
        self._base, self._trend, self._features = base, trend, features
        self.joint = base.joint
        self.joint[:, 0] += trend.features(X) @ features.T
        trend.add_derivatives(X, features, self.joint[:, 1:])

    def hessian(self, weights: np.ndarray) -> np.ndarray:
        """`N x d x d`: the second derivatives of `sum_j W_ij k(x_i, x'_j)`, for `W` (`N x n`)."""
        hessian = self._base.hessian(weights)
        np.einsum("iaa->ia", hessian)[...] += self._trend.second_derivatives(weights @ self._features)
        return hessian
