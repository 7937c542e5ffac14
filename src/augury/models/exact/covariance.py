"""What the exact Gaussian process asks of a covariance function, whatever computes its matrix."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

import numpy as np
from torch import Tensor

from augury.models.exact.stacked_likelihood import CovarianceStack


class CrossExpansion(Protocol):
    """`k(x_i, x'_j)` for `N` new inputs and `n` training inputs, and its derivatives in `x_i`."""

    joint: np.ndarray  #: `N x (1 + d) x n`: the covariance, then its first derivatives

    def hessian(self, weights: np.ndarray) -> np.ndarray:
        """`N x d x d` second derivatives of `sum_j W_ij k(x_i, x'_j)`, for `N x n` weights."""


class Covariance(ABC):
    """A covariance function bound to `n` training inputs, with a vector `theta` of free hyperparameters.

    `theta` lives on an unconstrained or log scale between `bounds()`; the prior is a density of the natural
    hyperparameters (no Jacobian), as GPyTorch and BoTorch take it.
    """

    theta: np.ndarray

    #: Newton's method stops when its model promises less than this, in nats; the model may be wrong by a
    #: factor, and by a larger one where hyperparameters make up for each other.
    negligible_promise = 1e-2
    #: How far it may change each of `theta`, and the log noise variance, at once; a longer step is shortened
    #: as a whole. The noise goes from the quiet start to its lower bound in two.
    longest_step, longest_noise_step = 1.25, 3.5

    @property
    def lengthscales(self) -> np.ndarray | None:
        """`d` lengthscales of the encoded inputs, NaN for categories; None for a kernel without."""
        return None

    @abstractmethod
    def bounds(self) -> np.ndarray:
        """`2 x p`: the lowest and the highest allowed `theta`."""

    @abstractmethod
    def starts(self) -> np.ndarray:
        """`s x p`: places from which to begin the search for the best `theta`, best guess first; the others
        are tried where that leads to a poor fit."""

    def rough_starts(self) -> np.ndarray:
        """`r x p`: places that explain outcomes which look like noise by very short scales of few inputs."""
        return self.starts()[:0]

    def smoother(self, theta: np.ndarray, longer: float) -> np.ndarray | None:
        """`theta` with all scales but the shortest longer by so many log units; None of a covariance whose
        `theta` are not scales."""
        return None

    @abstractmethod
    def log_prior(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """The log prior density at `theta` (up to no constant: it is exact) and its gradient (`p`)."""

    def log_priors(self, thetas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`log_prior` of each row of `thetas` (`r x p`): `r` numbers and `r x p`."""
        values, gradients = zip(*map(self.log_prior, thetas), strict=True)
        return np.array(values), np.stack(gradients)

    @abstractmethod
    def matrix(self, theta: np.ndarray) -> np.ndarray:
        """The `n x n` Fortran-ordered covariance of the training inputs, in a buffer that is overwritten by
        the next call; what `pullback` needs is remembered."""

    @abstractmethod
    def scratch(self) -> np.ndarray:
        """A free `n x n` Fortran-ordered buffer, valid between `matrix` and `pullback`."""

    def release(self) -> None:
        """Give the buffers back; the next call of `matrix` allocates them again."""
        return

    @abstractmethod
    def pullback(self, weights: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        """The gradient `sum_ij W_ij dK_ij/dtheta` at the `theta` of the last call of `matrix`.

        Args:
            weights: `n x n`; only the lower triangle of the symmetric `W` is read. It may be overwritten.
            covariance: the buffer `matrix` returned; its strict upper triangle must still hold `K`.
        """

    #: Whether `derivatives` and `prior_curvature` are to be had.
    has_derivatives = False

    def derivatives(self, vector: np.ndarray) -> np.ndarray:
        """`n x p`: `(dK/dtheta_k) v` at the `theta` of the last call of `matrix`, before `pullback`.

        The strict upper triangle of the buffer must still hold `K`.

        Args:
            vector: `n` numbers `v`.
        """
        raise NotImplementedError

    def stack(self, thetas: np.ndarray) -> CovarianceStack | None:
        """The covariances of the training inputs under many hyperparameters (`r x p`); None where nothing is
        gained by having them at once."""
        return None

    def prior_curvature(self) -> np.ndarray:
        """`p`: minus the second derivatives of the log prior with respect to `theta`."""
        raise NotImplementedError

    @abstractmethod
    def cross(self, X: np.ndarray, *, gradient: bool = False) -> np.ndarray:
        """`N x n` covariance between new inputs `X` (`N x d`) and the training inputs; with `gradient`, what
        `cross_pullback` needs is remembered."""

    @abstractmethod
    def cross_pullback(self, weights: np.ndarray) -> np.ndarray:
        """`N x d`: the gradient of `sum_j W_ij k(x_i, x_j)` with respect to `x_i`, for the `X` last given to
        `cross(..., gradient=True)`; `weights` is `N x n` or broadcasts to it."""

    #: Whether `cross_expansion` is to be had, and `diagonal_hessian` where `diagonal` is not constant.
    has_cross_expansion = False

    def cross_expansion(self, X: np.ndarray) -> CrossExpansion:
        """`cross(X)` to second order in `X` (`N x d`)."""
        raise NotImplementedError

    @abstractmethod
    def diagonal(self, X: np.ndarray) -> np.ndarray:
        """The prior variance `k(x_i, x_i)` at `X` (`N x d`), as `N` numbers."""

    @abstractmethod
    def diagonal_gradient(self, X: np.ndarray) -> np.ndarray | None:
        """The gradient of `diagonal(X)` (`N x d`), or None when the kernel is stationary."""

    def diagonal_hessian(self, X: np.ndarray) -> np.ndarray | None:
        """The second derivatives of `diagonal(X)` (`N x d x d`), or None when the kernel is stationary; asked
        only of kernels that have a `cross_expansion`."""
        return None

    @abstractmethod
    def dense(self, X1: Tensor, X2: Tensor) -> Tensor:
        """`... x n1 x n2` covariance as a differentiable tensor, for batches of inputs `... x n x d`."""

    @abstractmethod
    def rebind(self, X: np.ndarray) -> Covariance:
        """The same covariance function, same hyperparameters, bound to other training inputs (`n' x d`)."""
