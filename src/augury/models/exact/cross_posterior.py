"""The posterior at candidates jointly with the values at a few fixed points, and the gradient of any
function of it."""

from __future__ import annotations

import numpy as np
import torch
from botorch.models.transforms.input import InputTransform

from augury.models.exact.regression import BLOCK_ENTRIES, ExactRegression, positive_variance


class CrossPosterior:
    r"""Moments of `f(x)` and its covariances with `f(Z)`, given the data.

    .. math::
        \mu(x) = c + k_x \alpha, \quad \sigma^2(x) = k(x, x) - \|L^{-1} k_x\|^2, \quad
        \operatorname{cov}(f(x), f(Z)) = k(x, Z) - k_x (K + \Sigma)^{-1} k(X, Z)

    All three are linear or quadratic in `k(x, [X; Z])`, so one cross-covariance and one matrix product give
    the moments, and one more of each their gradient, whatever function of them is differentiated.

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
        self._shift, self._scale, self._transform = (
            shift + scale * regression.constant,
            scale,
            input_transform,
        )
        self._n = n = len(regression.X)
        root = regression.inverse_factor
        if Z is None or len(Z) == 0:
            Z = np.empty((0, regression.X.shape[1]))
            self._covariance, cross = regression.covariance, np.empty((n, 0))
        else:
            Z = self._inputs(np.ascontiguousarray(Z))
            self._covariance = regression.covariance.rebind(np.concatenate([regression.X, Z]))
            cross = regression.covariance.cross(Z).T
        whitened = root @ cross
        # [whitening, mean, covariance with Z] of a row of cross-covariances with the training inputs
        self._projection = np.concatenate(
            [root.T, regression.alpha[:, None], -(root.T @ whitened)], axis=1, dtype=np.float64
        )
        self._back = np.ascontiguousarray(self._projection.T)
        self.fixed_mean = self._shift + scale * (cross.T @ regression.alpha)
        if len(Z):
            prior = self._covariance.cross(Z)[:, n:]
            self.fixed_covariance = scale**2 * (prior - whitened.T @ whitened)
        else:
            self.fixed_covariance = np.empty((0, 0))

    def __call__(self, X: np.ndarray, *, gradient: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean (`N`) and variance (`N`) at `X` (`N x d`) and covariances with Z (`N x b`).

        Args:
            X: candidates.
            gradient: remember what `pullback` needs.
        """
        block = max(1, BLOCK_ENTRIES // len(self._back))
        if gradient or len(X) <= block:
            return self._moments(X, gradient)
        parts = [self._moments(X[start : start + block], False) for start in range(0, len(X), block)]
        mean, variance, covariance = (np.concatenate(part) for part in zip(*parts, strict=True))
        return mean, variance, covariance

    def _moments(self, X: np.ndarray, gradient: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        n, scale = self._n, self._scale
        inputs = X if self._transform is None else self._inputs(X, remember=gradient)
        cross = self._covariance.cross(inputs, gradient=gradient)
        projected = (cross if cross.shape[1] == n else cross[:, :n]) @ self._projection
        whitened = projected[:, :n]
        prior = self._covariance.diagonal(inputs)
        explained = np.einsum("ij,ij->i", whitened, whitened)
        variance = positive_variance(prior - explained, prior)
        covariance = projected[:, n + 1 :]
        if cross.shape[1] != n:
            covariance += cross[:, n:]
            covariance *= scale**2
        if gradient:
            self._last = inputs, whitened
        return projected[:, n] * scale + self._shift, variance * scale**2, covariance

    def pullback(self, mean: np.ndarray, variance: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        """`N x d`: the gradient with respect to the last `X` of the weighted sum of all moments.

        Args:
            mean: `N` weights of the means.
            variance: `N` weights of the variances.
            covariance: `N x b` weights of the covariances.
        """
        inputs, whitened = self._last
        n, square = self._n, self._scale**2
        weights = np.empty((len(whitened), len(self._back)))
        np.multiply(whitened, (-2.0 * square * variance)[:, None], out=weights[:, :n])
        np.multiply(mean, self._scale, out=weights[:, n])
        if weights.shape[1] > n + 1:
            np.multiply(covariance, square, out=weights[:, n + 1 :])
            kernel_weights = np.concatenate([weights @ self._back, weights[:, n + 1 :]], axis=1)
        else:
            kernel_weights = weights @ self._back
        gradient = self._covariance.cross_pullback(kernel_weights)
        prior_gradient = self._covariance.diagonal_gradient(inputs)
        if prior_gradient is not None:
            gradient = gradient + (square * variance)[:, None] * prior_gradient
        if self._transform is None:
            return gradient
        (through,) = torch.autograd.grad(self._transformed, self._raw, torch.from_numpy(gradient))
        return through.numpy()

    def _inputs(self, X: np.ndarray, remember: bool = False) -> np.ndarray:
        if self._transform is None:
            return X
        raw = torch.from_numpy(np.array(X)).requires_grad_(remember)
        transformed = self._transform(raw)
        if remember:
            self._raw, self._transformed = raw, transformed
        return transformed.detach().numpy()
