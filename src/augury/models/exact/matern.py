"""The default covariance in closed form: Matern-5/2 over numbers, a mismatch kernel over categories."""

from __future__ import annotations

import copy
from math import log, sqrt
from typing import Any

import numpy as np
import torch
from torch import Tensor

from augury.models.exact.covariance import Covariance
from augury.models.exact.features import Features
from augury.models.exact.matern_expansion import MaternExpansion
from augury.models.exact.matern_pairs import Scaled, pairs_of
from augury.models.exact.matern_passes import exponential, finish, left_factor, right_factor
from augury.models.exact.matern_stack import MaternStack
from augury.models.exact.mismatch import Mismatch
from augury.models.exact.priors import (
    LENGTHSCALE_BOUNDS,
    MISMATCH_BOUNDS,
    Flat,
    LogNormal,
    lengthscale_prior,
    mismatch_prior,
)

_SQRT5 = sqrt(5.0)
#: Where the search for lengthscales begins: this share of the typical one; that of an input that explains the
#: outcome alone, smoothly or not; that of the others then.
_SHORT, _ALONE, _ROUGHLY_ALONE, _OF_NO_MATTER = 0.35, 0.2, 0.06, 2.0


class MaternCovariance(Covariance):
    r"""Matern-5/2 with one lengthscale per numeric input, times an exponential kernel of the mismatches.

    .. math::
        k(x, x') = (1 + a + a^2 / 3)\, e^{-a - h}, \quad
        a^2 = 5 \sum_g \frac{\|x_g - x'_g\|^2}{\ell_g^2}, \quad
        h = \sum_c \frac{[x_c \ne x'_c]}{\lambda_c}

    `theta = (log l_1 .. log l_G, log lambda_1 .. log lambda_C)`. Gradients contract weights with the kernel's
    derivative by matrix products, so that no `n x n x d` array exists: with `M = W o G` and
    `G = (1 + a) e^{-a-h}`, `sum_ij W_ij dK_ij/dlog l_g = (2/3) sum_{j in g} (z_j^2 . M 1 - z_j . M z_j)`.

    Sources: Rasmussen and Williams (2006), eq. 4.17; Ru et al. (2020), "Bayesian optimisation over multiple
    continuous and categorical inputs", for products with a mismatch kernel.

    Args:
        X: `n x d` encoded training inputs.
        features: which columns are numbers, which are categories.
        lengthscales: the prior of each lengthscale; that of `augury.models.exact.priors` when None.
    """

    has_derivatives = True

    def __init__(
        self, X: np.ndarray, features: Features, lengthscales: LogNormal | Flat | None = None
    ) -> None:
        self.features = features
        self.has_cross_expansion = features.is_plain
        self._groups = features.groups
        self._grouped = any(size != 1 for size in self._groups)
        self._group_starts = (
            np.cumsum([0, *self._groups[:-1]]) if self._grouped else np.empty(0, dtype=np.intp)
        )
        self._n_lengthscales = len(self._groups)
        self._lengthscale_prior = lengthscale_prior(features.dim) if lengthscales is None else lengthscales
        self._mismatch_prior = mismatch_prior(len(features.categorical))
        self._bind(X)
        self._buffers: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        self.theta = self.typical()

    def _bind(self, X: np.ndarray) -> None:
        self._X = X
        self._coordinates = np.ascontiguousarray(self.features.coordinates(X)) - 0.5
        self._pairs = pairs_of(self._coordinates)
        if self.features.categorical:
            self._mismatch = Mismatch(self.features.codes(X))
        self.n = len(X)

    def rebind(self, X: np.ndarray) -> MaternCovariance:
        other = copy.copy(self)
        other._buffers = None
        if X is not self._X:
            other._bind(X)
            other.theta = self.theta
        return other

    # -- hyperparameters -------------------------------------------------------------------------------

    @property
    def theta(self) -> np.ndarray:
        return self._theta

    @theta.setter
    def theta(self, theta: np.ndarray) -> None:
        self._theta = np.array(theta, dtype=np.float64)
        self._scale = self._per_coordinate(_SQRT5 * np.exp(-self._theta[: self._n_lengthscales]))
        if self.features.categorical:
            self._mismatch = self._mismatch.at(np.exp(-self._theta[self._n_lengthscales :]))
        self._scaled = Scaled(self._coordinates * self._scale, self._scale)
        self._right: np.ndarray | None = None  # made for `cross`

    @property
    def lengthscales(self) -> np.ndarray:
        lengthscales = np.full(self.features.dim, np.nan)
        numeric = self.features.numeric
        lengthscales[numeric] = np.exp(self._theta[: len(numeric)])
        return lengthscales

    def _per_coordinate(self, values: np.ndarray) -> np.ndarray:
        return np.repeat(values, self._groups) if self._grouped else values

    def bounds(self) -> np.ndarray:
        bounds = np.empty((2, self._n_lengthscales + len(self.features.categorical)))
        for row in (0, 1):
            bounds[row, : self._n_lengthscales] = log(LENGTHSCALE_BOUNDS[row])
            bounds[row, self._n_lengthscales :] = log(MISMATCH_BOUNDS[row])
        return bounds

    def starts(self) -> np.ndarray:
        """Short lengthscales; then one input after the other that explains the outcome alone.

        From short lengthscales the ascent rarely ends in the mode that calls everything noise. Modes that
        differ in which inputs matter are found from the others.
        """
        typical = self.typical()
        numeric = np.arange(len(typical)) < self._n_lengthscales
        best = typical + np.where(
            numeric, log(_SHORT), log(self._mismatch_prior.mode / self._mismatch_prior.median)
        )
        return np.concatenate([best[None], self._alone(_ALONE)])

    def rough_starts(self) -> np.ndarray:
        return self._alone(_ROUGHLY_ALONE)

    def _alone(self, share: float) -> np.ndarray:
        typical = self.typical()
        matters = np.eye(len(typical), dtype=bool)
        return typical + np.where(matters, log(share), log(_OF_NO_MATTER))

    def smoother(self, theta: np.ndarray, longer: float) -> np.ndarray | None:
        if not len(theta):
            return None
        return np.where(np.arange(len(theta)) == theta.argmin(), theta, theta + longer)

    def typical(self) -> np.ndarray:
        """`p`: what is expected without data, lengthscales of half the cube's diagonal."""
        typical = np.full(
            self._n_lengthscales + len(self.features.categorical), log(self._mismatch_prior.median)
        )
        typical[: self._n_lengthscales] = log(0.5 * sqrt(max(self.features.dim, 1)))
        return typical

    def log_prior(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        return self._log_prior(theta)

    def _log_prior(self, theta: np.ndarray) -> tuple[Any, np.ndarray]:
        """That of one `theta`, or of each row of many."""
        split = self._n_lengthscales
        value, gradient = self._lengthscale_prior.log_density(theta[..., :split])
        if split == theta.shape[-1]:
            return value, gradient
        more, rest = self._mismatch_prior.log_density(theta[..., split:])
        return value + more, np.concatenate([gradient, rest], axis=-1)

    def log_priors(self, thetas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._log_prior(thetas)

    def prior_curvature(self) -> np.ndarray:
        counts = self._n_lengthscales, len(self.features.categorical)
        return np.repeat([self._lengthscale_prior.scale**-2, self._mismatch_prior.scale**-2], counts)

    # -- the training covariance -----------------------------------------------------------------------

    def matrix(self, theta: np.ndarray) -> np.ndarray:
        self.theta = theta
        if self._buffers is None:
            K, G, scratch = (np.empty((self.n, self.n), order="F") for _ in range(3))
            self._buffers = K, G, scratch
        K, G, scratch = self._buffers
        self._pairs.squares(self._scaled, K)
        exponential(K, G, scratch)
        if self.features.categorical:
            scratch.T[...] *= self._mismatch.matrix()
            np.fill_diagonal(scratch, 1.0)
        finish(K, G, scratch)
        return K

    def scratch(self) -> np.ndarray:
        assert self._buffers is not None
        return self._buffers[2]

    def release(self) -> None:
        self._buffers = None

    def derivatives(self, vector: np.ndarray) -> np.ndarray:
        """`dK_ij/dlog l_g = G_ij (z_i - z_j)^2 / 3`, and those of the mismatches."""
        assert self._buffers is not None
        K, G, _ = self._buffers
        per_coordinate = self._pairs.products(self._scaled, G, vector)
        per_coordinate *= 1.0 / 3.0
        if self._grouped:
            per_coordinate = np.add.reduceat(per_coordinate, self._group_starts, axis=1)
        if not self.features.categorical:
            return per_coordinate
        return np.concatenate([per_coordinate, self._mismatch.derivatives(K, vector)], axis=1)

    def pullback(self, weights: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        assert self._buffers is not None
        mismatches = self._mismatch.pullback(weights, covariance) if self.features.categorical else None
        weights *= self._buffers[1]
        lengthscales = self._pairs.sums(self._scaled, weights)
        lengthscales *= 1.0 / 3.0
        if self._grouped:
            lengthscales = np.add.reduceat(lengthscales, self._group_starts)
        return lengthscales if mismatches is None else np.concatenate([lengthscales, mismatches])

    def stack(self, thetas: np.ndarray) -> MaternStack | None:
        squares = self._pairs.table
        return MaternStack(squares, thetas) if squares is not None and self.features.is_plain else None

    # -- covariance with new inputs --------------------------------------------------------------------

    def cross(self, X: np.ndarray, *, gradient: bool = False) -> np.ndarray:
        coordinates = self.features.coordinates(X)
        if not coordinates.shape[1]:  # categories only: the distance is 0
            K = self._mismatch.cross(self.features.codes(X))
            if gradient:
                self._last_cross = (coordinates, coordinates, K)
            return K
        scaled = (coordinates - 0.5) * self._scale
        if self._right is None:
            self._right = right_factor(self._scaled.points)
        K = left_factor(scaled) @ self._right
        G, decay = np.empty_like(K), np.empty_like(K)
        exponential(K, G, decay)
        if self.features.categorical:
            decay *= self._mismatch.cross(self.features.codes(X))
        finish(K, G, decay)
        if gradient:
            self._last_cross = (coordinates, scaled, G)
        return K

    def cross_pullback(self, weights: np.ndarray) -> np.ndarray:
        coordinates, scaled, G = self._last_cross
        weighted = G * weights
        gradient = weighted @ self._scaled.points
        gradient -= scaled * weighted.sum(axis=1, keepdims=True)
        gradient *= self._scale / 3.0
        return self.features.scatter_gradient(gradient, coordinates)

    def cross_expansion(self, X: np.ndarray) -> MaternExpansion:
        return MaternExpansion((X - 0.5) * self._scale, self._scaled.points, self._scale)

    def diagonal(self, X: np.ndarray) -> np.ndarray:
        return np.ones(len(X))

    def diagonal_gradient(self, X: np.ndarray) -> None:
        return None

    def dense(self, X1: Tensor, X2: Tensor) -> Tensor:
        scale = torch.from_numpy(self._scale)
        left = (self.features.coordinates_tensor(X1) - 0.5) * scale
        right = left if X2 is X1 else (self.features.coordinates_tensor(X2) - 0.5) * scale
        squares = (right * right).sum(-1).unsqueeze(-2) + (left * left).sum(-1, keepdim=True)
        # The clamp keeps the square root's derivative finite where two points coincide.
        squares = (squares - 2.0 * (left @ right.transpose(-1, -2))).clamp_min(1e-30)
        distance = squares.sqrt()
        exponent = -distance
        if self.features.categorical:
            codes = self.features.codes_tensor(X1), self.features.codes_tensor(X2)
            exponent = exponent - self._mismatch.exponent(*codes)
        return (1.0 + distance + squares / 3.0) * exponent.exp()
