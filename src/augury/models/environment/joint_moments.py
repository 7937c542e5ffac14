"""An evaluation at a design and an environment, jointly with the means over the environment."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from augury.models.environment.integrated import exact_parts, kernel_means
from augury.models.environment.process import EnvironmentProcess


class JointMoments:
    r"""Moments of `f(x, w)` and its covariances with the integrals `g(x)` and `g(Z)`, given the data.

    With `a = L^{-1} k((x, w), data)` and `b = L^{-1} cov(g(x), data)`

    .. math::
        \sigma^2 = 1 - \|a\|^2, \quad \operatorname{cov}(f(x, w), g(x)) = \prod_j m_j(w_j) - a \cdot b, \quad
        \operatorname{cov}(f(x, w), g(z)) = k_0(x, z) \prod_j m_j(w_j) - a \cdot b_z

    times the squared scale of the outcomes. Their gradient is one product each, as in `CrossPosterior`.

    Args:
        process: fitted, of one outcome.
        Z: `b x d` points, of which the environment's columns are ignored.
    """

    def __init__(self, process: EnvironmentProcess, Z: np.ndarray) -> None:
        regression, self._shift, self._scale = exact_parts(process)
        self._shift += self._scale * regression.constant
        self._alpha, self._root = regression.alpha, regression.inverse_factor
        design, *others = regression.covariance.factors
        self._columns, self._n = design.columns, len(regression.X)
        self._environment = [factor.columns[0] for factor in others]
        self._factors = [factor.rebind(regression.X).covariance for factor in others]
        self._means = kernel_means(process)
        self._weights = self._product([mean(regression.X[:, c]) for mean, c in self._by_column()])
        total = prod(mean.total for mean in self._means)
        self._design = design.covariance.rebind(np.concatenate([regression.X, Z])[:, self._columns])
        cross = self._design.cross(Z[:, self._columns])
        with_data = cross[:, : self._n] * self._weights
        self._fixed = self._root @ with_data.T  # n x b
        #: `b`, the posterior means of g(Z)
        self.fixed_mean = self._shift + self._scale * (with_data @ self._alpha)
        #: `b x b`, their posterior covariance
        self.fixed_covariance = self._scale**2 * (total * cross[:, self._n :] - self._fixed.T @ self._fixed)

    def _by_column(self) -> Any:
        return zip(self._means, self._environment, strict=True)

    @staticmethod
    def _product(parts: list[np.ndarray], without: int | None = None) -> np.ndarray:
        kept = [part for index, part in enumerate(parts) if index != without]
        result: np.ndarray = prod(kept, start=np.ones_like(parts[0]))
        return result

    def __call__(
        self, X: np.ndarray, *, gradient: bool = False
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """At `X` (`N x d`): the mean of `g(x)`, the variance of `f(x, w)`, the covariance of the two (`N`
        each), and that of `f(x, w)` with g(Z) (`N x b`)."""
        n, square = self._n, self._scale**2
        design = self._design.cross(X[:, self._columns], gradient=gradient)
        factors = [
            factor.cross(X[:, [column]], gradient=gradient)
            for factor, column in zip(self._factors, self._environment, strict=True)
        ]
        means = [mean(X[:, column]) for mean, column in self._by_column()]
        factor, mean = self._product(factors), self._product(means)
        integrated = design[:, :n] * self._weights
        a, b = (design[:, :n] * factor) @ self._root.T, integrated @ self._root.T
        if gradient:
            self._last = X, design, factors, means, a, b
        variance = square * np.maximum(1.0 - np.einsum("ij,ij->i", a, a), 1e-12)
        own = square * (mean - np.einsum("ij,ij->i", a, b))
        covariance = square * (design[:, n:] * mean[:, None] - a @ self._fixed)
        return self._shift + self._scale * (integrated @ self._alpha), variance, own, covariance

    def pullback(
        self, mean: np.ndarray, variance: np.ndarray, own: np.ndarray, covariance: np.ndarray
    ) -> np.ndarray:
        """`N x d`: the gradient with respect to the last `X` of the weighted sum of all moments (0 for
        categories).

        Args:
            mean: `N` weights of the means of `g(x)`.
            variance: `N` weights of the variances of `f(x, w)`.
            own: `N` weights of their covariances.
            covariance: `N x b` weights of the covariances with g(Z).
        """
        X, design, factors, means, a, b = self._last
        n, square = self._n, self._scale**2
        own, covariance = square * own[:, None], square * covariance
        by_a = -2.0 * square * variance[:, None] * a - own * b - covariance @ self._fixed.T
        by_joint = by_a @ self._root
        by_integrated = (-own * a) @ self._root + np.multiply.outer(self._scale * mean, self._alpha)
        mean_product = self._product(means)[:, None]
        by_design = by_joint * self._product(factors) + by_integrated * self._weights
        by_design = np.concatenate([by_design, covariance * mean_product], axis=1)
        gradient = np.zeros(X.shape)
        gradient[:, self._columns] = self._design.cross_pullback(by_design)
        by_mean = own[:, 0] + np.einsum("ij,ij->i", covariance, design[:, n:])
        for index, (factor, kernel_mean, column) in enumerate(
            zip(self._factors, self._means, self._environment, strict=True)
        ):
            others = self._product(factors, without=index)
            slope = factor.cross_pullback(by_joint * design[:, :n] * others)[:, 0]
            slope += by_mean * self._product(means, without=index) * kernel_mean.derivative(X[:, column])
            gradient[:, column] = slope
        return gradient
