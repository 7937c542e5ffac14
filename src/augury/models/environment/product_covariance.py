"""The product of covariances of separate columns, each in closed form."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from torch import Tensor

from augury.models.exact.covariance import Covariance


@dataclass(frozen=True)
class Factor:
    """One covariance of the product.

    Args:
        columns: the columns of the inputs that it sees.
        covariance: bound to these columns of the training inputs.
    """

    columns: list[int]
    covariance: Covariance

    def rebind(self, X: np.ndarray) -> Factor:
        """The same covariance function bound to other inputs (`n x d`, all columns)."""
        return Factor(self.columns, self.covariance.rebind(X[:, self.columns]))


class ProductCovariance(Covariance):
    r"""A product of covariances over disjoint columns,

    .. math:: k(x, x') = \prod_j k_j(x_{C_j}, x'_{C_j})

    so that integrals over the columns of one factor leave the others alone. `theta` holds those of the
    factors, one after the other.

    Args:
        factors: bound to the same training inputs, of which there are `n`.
        dim: number `d` of columns.
        n: number of training inputs.
    """

    def __init__(self, factors: Sequence[Factor], dim: int, n: int) -> None:
        self.factors = list(factors)
        self.dim, self.n = dim, n
        self._buffers: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def _parts(self) -> list[Covariance]:
        return [factor.covariance for factor in self.factors]

    def _split(self, theta: np.ndarray) -> list[np.ndarray]:
        return np.split(theta, np.cumsum([len(part.theta) for part in self._parts])[:-1])

    @property
    def theta(self) -> np.ndarray:
        return np.concatenate([part.theta for part in self._parts])

    @theta.setter
    def theta(self, theta: np.ndarray) -> None:
        for part, values in zip(self._parts, self._split(theta), strict=True):
            part.theta = values

    @property
    def lengthscales(self) -> np.ndarray | None:
        result = np.full(self.dim, np.nan)
        for factor in self.factors:
            own = factor.covariance.lengthscales
            if own is None:
                return None
            result[factor.columns] = own
        return result

    def bounds(self) -> np.ndarray:
        return np.concatenate([part.bounds() for part in self._parts], axis=1)

    def starts(self) -> np.ndarray:
        """The factors' best guesses; then each one's other starts beside them."""
        starts = [part.starts() for part in self._parts]
        rows = [np.concatenate([each[0] for each in starts])]
        for index, each in enumerate(starts):
            rows += [
                np.concatenate([other if i == index else s[0] for i, s in enumerate(starts)])
                for other in each[1:]
            ]
        return np.array(rows)

    def log_prior(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        pairs = [part.log_prior(own) for part, own in zip(self._parts, self._split(theta), strict=True)]
        return sum(value for value, _ in pairs), np.concatenate([gradient for _, gradient in pairs])

    # -- the training covariance -----------------------------------------------------------------------

    def matrix(self, theta: np.ndarray) -> np.ndarray:
        matrices = [part.matrix(own) for part, own in zip(self._parts, self._split(theta), strict=True)]
        if self._buffers is None:
            self._buffers = np.empty((self.n, self.n), order="F"), np.empty((self.n, self.n), order="F")
        K = self._buffers[0]
        np.copyto(K, matrices[0])
        for matrix in matrices[1:]:
            K *= matrix
        self._matrices = matrices
        return K

    def scratch(self) -> np.ndarray:
        assert self._buffers is not None
        return self._buffers[1]

    def release(self) -> None:
        self._buffers = None
        self._matrices = []
        for part in self._parts:
            part.release()

    def pullback(self, weights: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        gradients = []
        for index, (part, matrix) in enumerate(zip(self._parts, self._matrices, strict=True)):
            others = [other for i, other in enumerate(self._matrices) if i != index]
            # a factor may overwrite its weights
            gradients.append(part.pullback(np.asfortranarray(weights * prod(others, start=1.0)), matrix))
        return np.concatenate(gradients)

    # -- covariance with new inputs --------------------------------------------------------------------

    def cross(self, X: np.ndarray, *, gradient: bool = False) -> np.ndarray:
        crosses = [
            factor.covariance.cross(X[:, factor.columns], gradient=gradient) for factor in self.factors
        ]
        if gradient:
            self._last = crosses
        result: np.ndarray = prod(crosses[1:], start=crosses[0])
        return result

    def cross_pullback(self, weights: np.ndarray) -> np.ndarray:
        gradient = np.zeros((len(self._last[0]), self.dim))
        for index, factor in enumerate(self.factors):
            others = [other for i, other in enumerate(self._last) if i != index]
            own = factor.covariance.cross_pullback(weights * prod(others, start=1.0))
            gradient[:, factor.columns] = own
        return gradient

    def diagonal(self, X: np.ndarray) -> np.ndarray:
        result: np.ndarray = prod(
            (factor.covariance.diagonal(X[:, factor.columns]) for factor in self.factors),
            start=np.ones(len(X)),
        )
        return result

    def diagonal_gradient(self, X: np.ndarray) -> None:
        return None  # all factors are stationary

    def dense(self, X1: Tensor, X2: Tensor) -> Tensor:
        result: Tensor = prod(  # type: ignore[assignment]
            factor.covariance.dense(X1[..., factor.columns], X2[..., factor.columns])
            for factor in self.factors
        )
        return result

    def rebind(self, X: np.ndarray) -> ProductCovariance:
        other = copy.copy(self)
        other.factors = [factor.rebind(X) for factor in self.factors]
        other.n, other._buffers = len(X), None
        return other
