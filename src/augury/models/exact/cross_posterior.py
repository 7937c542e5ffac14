"""The posterior at candidates jointly with the values at a few fixed points, and the gradient of any
function of it."""

from __future__ import annotations

import numpy as np
import torch
from botorch.models.transforms.input import InputTransform

from augury.models.exact.regression import BLOCK_ENTRIES, ExactRegression

#: A predictive variance never falls below this share of the prior's, nor of the outcomes' own variance (1).
_VARIANCE_FLOOR = 1e-12


class CrossPosterior:
    r"""Moments of `f(x)` and its covariances with `f(Z)`, given the data.

    .. math::
        \mu(x) = c + k_x \alpha, \quad \sigma^2(x) = k(x, x) - \|L^{-1} k_x\|^2, \quad
        \operatorname{cov}(f(x), f(Z)) = k(x, Z) - k_x (K + \Sigma)^{-1} k(X, Z)

    All three are linear or quadratic in `k(x, [X; Z])`, so one cross-covariance and one product with `L^{-1}`
    give the moments, and one more of each their gradient, whatever function of them is differentiated.

    Source: Rasmussen and Williams (2006), algorithm 2.1.

    Args:
        regression: the fitted regression of one outcome.
        Z: `b x d` fixed points, in the units of the model's inputs; None for none.
        shift: outcome = shift + scale * standardised outcome.
        scale: see `shift`.
        input_transform: what the model applies to its inputs, or None.
    """

    def __init__(
        self,
        regression: ExactRegression,
        Z: np.ndarray | None,
        shift: float,
        scale: float,
        input_transform: InputTransform | None,
    ) -> None:
        self._shift, self._scale = shift + scale * regression.constant, scale
        self._transform = input_transform
        self._n = n = len(regression.X)
        self._alpha, self._root = regression.alpha, regression.inverse_factor
        self._covariance = regression.covariance
        self._fixed: np.ndarray | None = None  # L^{-1} k(X, Z)
        self.fixed_mean, self.fixed_covariance = np.empty(0), np.empty((0, 0))
        if Z is not None and len(Z):
            Z = self._inputs(np.ascontiguousarray(Z))
            cross = regression.covariance.cross(Z)
            self._fixed = self._root @ cross.T
            self._covariance = regression.covariance.rebind(np.concatenate([regression.X, Z]))
            self.fixed_mean = self._shift + scale * (cross @ self._alpha)
            prior = self._covariance.cross(Z)[:, n:]
            self.fixed_covariance = scale**2 * (prior - self._fixed.T @ self._fixed)

    def __call__(self, X: np.ndarray, *, gradient: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean (`N`) and variance (`N`) at `X` (`N x d`) and covariances with Z (`N x b`).

        Args:
            X: candidates.
            gradient: remember what `pullback` needs.
        """
        block = max(1, BLOCK_ENTRIES // (self._n + len(self.fixed_mean)))
        if gradient or len(X) <= block:
            return self._moments(X, gradient)
        parts = [self._moments(X[start : start + block], False) for start in range(0, len(X), block)]
        mean, variance, covariance = (np.concatenate(part) for part in zip(*parts, strict=True))
        return mean, variance, covariance

    def mean(self, X: np.ndarray) -> np.ndarray:
        """The mean (`N`) alone at `X` (`N x d`), in blocks; far cheaper than all moments of many rows."""
        block = max(1, BLOCK_ENTRIES // self._n)
        means = [
            self._covariance.cross(self._inputs(X[start : start + block]))[:, : self._n] @ self._alpha
            for start in range(0, len(X), block)
        ]
        return self._shift + self._scale * np.concatenate([np.empty(0), *means])

    def _moments(self, X: np.ndarray, gradient: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        n, scale = self._n, self._scale
        inputs = X if self._transform is None else self._inputs(X, remember=gradient)
        joint = self._covariance.cross(inputs, gradient=gradient)
        cross = joint if self._fixed is None else joint[:, :n]
        whitened = cross @ self._root.T
        if gradient:
            self._last = inputs, whitened
        prior = self._covariance.diagonal(inputs)
        variance = _positive(prior - np.einsum("ij,ij->i", whitened, whitened), prior)
        variance *= scale**2
        mean = cross @ self._alpha
        mean *= scale
        mean += self._shift
        if self._fixed is None:
            return mean, variance, np.empty((len(X), 0))
        covariance = joint[:, n:] - whitened @ self._fixed
        covariance *= scale**2
        return mean, variance, covariance

    def pullback(self, mean: np.ndarray, variance: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        """`N x d`: the gradient with respect to the last `X` of the weighted sum of all moments.

        Args:
            mean: `N` weights of the means.
            variance: `N` weights of the variances.
            covariance: `N x b` weights of the covariances.
        """
        inputs, whitened = self._last
        square = self._scale**2
        by_variance = square * variance
        by_whitened = whitened * (-2.0 * by_variance)[:, None]
        if self._fixed is not None:
            by_covariance = square * covariance
            by_whitened -= by_covariance @ self._fixed.T
        by_cross = by_whitened @ self._root
        by_cross += np.multiply.outer(self._scale * mean, self._alpha)
        if self._fixed is not None:
            by_cross = np.concatenate([by_cross, by_covariance], axis=1)
        gradient = self._covariance.cross_pullback(by_cross)
        prior_gradient = self._covariance.diagonal_gradient(inputs)
        if prior_gradient is not None:
            gradient = gradient + by_variance[:, None] * prior_gradient
        if self._transform is None:
            return gradient
        (through,) = torch.autograd.grad(
            self._transformed, self._raw, torch.from_numpy(gradient), retain_graph=True
        )
        return through.numpy()

    @property
    def has_curvature(self) -> bool:
        """Whether `expand` and `curvature` are to be had."""
        return self._fixed is None and self._transform is None and self._covariance.has_cross_expansion

    def expand(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean (`N`) and variance (`N`) at `X` (`N x d`), and the gradients of both (`N x 2 x d`).

        With `[k_x, dk_x/dx]` for `k_x`: one product with `alpha`, and one with `L^{-1}`, whose Gram matrices
        hold the variances and their derivatives.
        """
        self._expansion, self._expanded = self._covariance.cross_expansion(X), X
        joint = self._expansion.joint
        means = joint @ (self._scale * self._alpha)
        self._whitened = (joint.reshape(-1, self._n) @ self._root.T).reshape(joint.shape)
        self._gram = self._whitened @ self._whitened.transpose(0, 2, 1)
        prior = self._covariance.diagonal(X)
        variance = _positive(prior - self._gram[:, 0, 0], prior)
        variance *= self._scale**2
        slopes = np.empty((len(X), 2, X.shape[1]))
        slopes[:, 0] = means[:, 1:]
        np.multiply(self._gram[:, 0, 1:], -2.0 * self._scale**2, out=slopes[:, 1])
        prior_gradient = self._covariance.diagonal_gradient(X)
        if prior_gradient is not None:
            slopes[:, 1] += self._scale**2 * prior_gradient
        return self._shift + means[:, 0], variance, slopes

    def curvature(self, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """`N x d x d`: the second derivatives at the `X` last expanded of the weighted sum of both moments.

        Args:
            mean: `N` weights of the means.
            variance: `N` weights of the variances.
        """
        twice = ((-2.0 * self._scale**2) * variance)[:, None]
        weights = (twice * self._whitened[:, 0]) @ self._root
        weights += np.multiply.outer(self._scale * mean, self._alpha)
        hessian = self._expansion.hessian(weights)
        hessian += twice[:, None] * self._gram[:, 1:, 1:]
        prior_hessian = self._covariance.diagonal_hessian(self._expanded)
        if prior_hessian is not None:
            hessian -= 0.5 * twice[:, None] * prior_hessian
        return hessian

    def _inputs(self, X: np.ndarray, remember: bool = False) -> np.ndarray:
        if self._transform is None:
            return X
        raw = torch.from_numpy(np.array(X)).requires_grad_(remember)
        with torch.set_grad_enabled(remember):
            transformed = self._transform(raw)
        if remember:
            self._raw, self._transformed = raw, transformed
        return transformed.detach().numpy()


def _positive(variance: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """The variance kept above a tiny share of the prior's, which rounding may cross; works in place."""
    return np.maximum(variance, _VARIANCE_FLOOR * np.maximum(prior, 1.0), out=variance)
