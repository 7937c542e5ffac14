"""The covariance of co-kriging in closed form: levels linear in each other, squared exponentials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log

import numpy as np
import torch
from torch import Tensor

from augury.kernels.ar1 import Graph, level_coefficients, level_graph
from augury.models.exact.covariance import Covariance
from augury.models.exact.matern_passes import left_factor, right_factor
from augury.models.exact.priors import LENGTHSCALE_BOUNDS, LogNormal
from augury.models.multi_fidelity.levels import Levels

#: Where the search for lengthscales and variances begins, and the shorter lengthscales of the second start.
FIRST_LENGTHSCALE, FIRST_VARIANCE, _SHORT_LENGTHSCALE = 0.5, 0.5, 0.14
_VARIANCE_BOUNDS, _FACTOR_BOUNDS = (1e-9, 1e4), (-1e4, 1e4)
#: Variances and factors have no prior; a curvature of this size keeps Newton's steps defined where the data
#: say nothing of them.
_LITTLE = 1e-3


class AutoregressiveCovariance(Covariance):
    r"""Levels of fidelity that are linear in each other, each with a squared exponential of its own.

    .. math::
        \operatorname{cov}(f_t(x), f_s(x')) = \sum_j A_{tj} A_{sj}\, (k_j(x, x') + [j > 0]\, b), \qquad
        k_j(x, x') = v_j \exp\Big(-\tfrac12 \sum_g \frac{(x_g - x'_g)^2}{\ell_{jg}^2}\Big)

    with `A = (I - P)^{-1}` of the factors `P` as in `AR1Kernel`, which it equals, and the variance `b` of the
    shift between levels. `theta` holds, level by level, `log l_1 .. log l_d, log v`, and then the factors.
    With one level it is the squared exponential.

    Args:
        X: `n x d` training inputs, the column of levels among them.
        levels: which column that is; all others are numbers.
        priors: of the lengthscales of each level.
        graph: the levels that each is built on; the chain when None.
        shift: `b`.
    """

    has_derivatives = True
    negligible_promise = 5e-4  # variances, lengthscales and factors make up for each other
    longest_step = longest_noise_step = 2.0

    def __init__(
        self,
        X: np.ndarray,
        levels: Levels,
        priors: Sequence[LogNormal],
        graph: Graph = None,
        shift: float = 0.0,
    ) -> None:
        self.levels, self._priors, self._given_graph, self._shift = levels, list(priors), graph, float(shift)
        self._graph = level_graph(levels.count, graph)
        self._edges = [(to, start) for to, parents in enumerate(self._graph) for start in parents]
        self._d = X.shape[1] - (levels.column is not None)
        self._exponentials: list[np.ndarray] = []
        self._bind(X)
        self.theta = self._start(FIRST_LENGTHSCALE)

    def _bind(self, X: np.ndarray) -> None:
        self._inputs, self._levels = self._split(X)
        self.n = len(X)

    def _split(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        inputs, levels = self.levels.split(torch.from_numpy(np.ascontiguousarray(X)))
        return inputs.numpy(), levels.numpy()

    def rebind(self, X: np.ndarray) -> AutoregressiveCovariance:
        other = AutoregressiveCovariance(X, self.levels, self._priors, self._given_graph, self._shift)
        other.theta = self.theta
        return other

    # -- hyperparameters -------------------------------------------------------------------------------

    @property
    def theta(self) -> np.ndarray:
        return self._theta

    @theta.setter
    def theta(self, theta: np.ndarray) -> None:
        self._theta = np.array(theta, dtype=np.float64)
        count, d = self.levels.count, self._d
        table = self._theta[: count * (d + 1)].reshape(count, d + 1)
        self._scales, self._variances = np.exp(-table[:, :d]), np.exp(table[:, d])
        edges = torch.tensor(self._edges, dtype=torch.long).reshape(-1, 2).unbind(1)
        self._coefficients = level_coefficients(torch.from_numpy(self.factors), edges, count).numpy()
        self._weights = self._coefficients[self._levels]  # n x T
        self._rows = [np.flatnonzero(self._weights[:, level]) for level in range(count)]

    @property
    def factors(self) -> np.ndarray:
        """The factor of each level on those below, by level and then parent."""
        return self._theta[len(self._theta) - len(self._edges) :]

    @property
    def graph(self) -> tuple[tuple[int, ...], ...]:
        """The levels that each is built on."""
        return self._graph

    @property
    def alone(self) -> list[Callable[[np.ndarray], Covariance]]:
        """What makes the covariance of each level's own process of its inputs (without the level)."""
        return [
            lambda X, prior=prior: AutoregressiveCovariance(X, Levels(self._d), [prior])  # type: ignore[misc]
            for prior in self._priors
        ]

    def of_levels(self, levels: Sequence[np.ndarray], factors: np.ndarray) -> np.ndarray:
        """`theta` from that of each level's covariance on its own, and the factors."""
        return np.concatenate([*levels, factors])

    def bounds(self) -> np.ndarray:
        level = np.column_stack([np.log([LENGTHSCALE_BOUNDS] * self._d).T, np.log(_VARIANCE_BOUNDS)])
        factors = np.array([_FACTOR_BOUNDS] * len(self._edges)).reshape(-1, 2).T
        return np.column_stack([level] * self.levels.count + [factors])

    def starts(self) -> np.ndarray:
        """Long lengthscales, then short ones, for the mode that long ones miss."""
        return np.stack([self._start(FIRST_LENGTHSCALE), self._start(_SHORT_LENGTHSCALE)])

    def _start(self, lengthscale: float) -> np.ndarray:
        level = [log(lengthscale)] * self._d + [log(FIRST_VARIANCE)]
        return np.array(level * self.levels.count + [1.0] * len(self._edges))

    def log_prior(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = 0.0, np.zeros_like(theta)
        for level, prior in enumerate(self._priors):
            own = slice(level * (self._d + 1), level * (self._d + 1) + self._d)
            more, gradient[own] = prior.log_density(theta[own])
            value += more
        return value, gradient

    def prior_curvature(self) -> np.ndarray:
        parts = [np.append(np.full(self._d, prior.scale**-2), _LITTLE) for prior in self._priors]
        return np.concatenate([*parts, np.full(len(self._edges), _LITTLE)])

    # -- the training covariance -----------------------------------------------------------------------

    def matrix(self, theta: np.ndarray) -> np.ndarray:
        self.theta = theta
        K = np.zeros((self.n, self.n), order="F")
        self._exponentials = []
        for level, rows in enumerate(self._rows):
            z, weights = self._scaled(level), self._weights[rows, level]
            exponential = self._exponential(level, left_factor(z) @ right_factor(z))
            np.fill_diagonal(exponential, self._variances[level])
            self._exponentials.append(exponential)
            block = (exponential + self._offset(level)) * weights[:, None]
            block *= weights
            if len(rows) == self.n:
                K += block
            else:
                K[np.ix_(rows, rows)] += block
        return K

    def _scaled(self, level: int) -> np.ndarray:
        """Inputs in lengthscales, centred so that distances lose no digits, of the rows the level is in."""
        return (self._inputs[self._rows[level]] - 0.5) * self._scales[level]

    def _exponential(self, level: int, squares: np.ndarray) -> np.ndarray:
        np.maximum(squares, 0.0, out=squares)
        squares *= -0.5
        np.exp(squares, out=squares)
        squares *= self._variances[level]
        return squares

    def _offset(self, level: int) -> float:
        return self._shift if level else 0.0

    def scratch(self) -> np.ndarray:
        return np.empty((self.n, self.n), order="F")

    def release(self) -> None:
        self._exponentials = []

    def pullback(self, weights: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        lower = np.tril(weights)
        symmetric = lower + np.tril(weights, -1).T
        parts, by_factor = [], np.zeros(len(self._edges))
        for level, rows in enumerate(self._rows):
            z, own = self._scaled(level), self._weights[rows, level]
            given = symmetric if len(rows) == self.n else symmetric[np.ix_(rows, rows)]
            contracted = given * self._exponentials[level]
            along = contracted @ own
            if self._edges:
                column = along + self._offset(level) * (given @ own)
                by_factor += [2.0 * (self._slope(edge, level) @ column) for edge in self._edges]
            per_row = own * along
            weighted = own[:, None] * z
            lengthscales = 2.0 * (per_row @ z**2 - np.einsum("ij,ij->j", weighted, contracted @ weighted))
            parts.append(np.append(lengthscales, per_row.sum()))
        return np.concatenate([*parts, by_factor])

    def derivatives(self, vector: np.ndarray) -> np.ndarray:
        columns = []
        by_factor = np.zeros((self.n, len(self._edges)))
        for level, rows in enumerate(self._rows):
            z, own, d = self._scaled(level), self._weights[rows, level], self._d
            given, exponential = vector[rows], self._exponentials[level]
            first = z * (own * given)[:, None]
            product = exponential @ np.column_stack([first, z * first, own * given])
            table = np.zeros((self.n, d + 1))
            by_lengthscale = z * (z * product[:, -1:] - 2.0 * product[:, :d]) + product[:, d:-1]
            table[rows] = own[:, None] * np.column_stack([by_lengthscale, product[:, -1]])
            columns.append(table)
            for index, edge in enumerate(self._edges):
                slope, shift = self._slope(edge, level), self._offset(level)
                moved = exponential @ (slope * given) + shift * float(slope @ given)
                still = product[:, -1] + shift * float(own @ given)
                by_factor[rows, index] += slope * still + own * moved
        return np.concatenate([*columns, by_factor], axis=1)

    def _slope(self, edge: tuple[int, int], level: int) -> np.ndarray:
        """The derivative of the weights of one level, in the rows that it is in, by the factor of an edge."""
        to, start = edge
        column = self._coefficients[self._levels[self._rows[level]], to]
        return np.asarray(column * self._coefficients[start, level])

    # -- covariance with new inputs --------------------------------------------------------------------

    def cross(self, X: np.ndarray, *, gradient: bool = False) -> np.ndarray:
        inputs, levels = self._split(X)
        new = self._coefficients[levels]
        K = np.zeros((len(X), self.n))
        kept = []
        for level, rows in enumerate(self._rows):
            z = (inputs - 0.5) * self._scales[level]
            own = self._weights[rows, level]
            part = self._exponential(level, left_factor(z) @ right_factor(self._scaled(level)))
            if gradient:
                kept.append((z, part * own * new[:, level, None]))
            part = (part + self._offset(level)) * own
            part *= new[:, level, None]
            if len(rows) == self.n:
                K += part
            else:
                K[:, rows] += part
        if gradient:
            self._last_cross = kept
        return K

    def cross_pullback(self, weights: np.ndarray) -> np.ndarray:
        gradient = np.zeros((len(self._last_cross[0][0]), self._d))
        weights = np.broadcast_to(weights, (len(gradient), self.n))
        for level, (z, part) in enumerate(self._last_cross):
            weighted = weights[:, self._rows[level]] * part
            slope = weighted @ self._scaled(level) - z * weighted.sum(axis=1, keepdims=True)
            gradient += slope * self._scales[level]
        if self.levels.column is None:
            return gradient
        return np.insert(gradient, self.levels.column, 0.0, axis=1)

    def diagonal(self, X: np.ndarray) -> np.ndarray:
        offsets = [self._offset(level) for level in range(self.levels.count)]
        variance: np.ndarray = self._coefficients[self._split(X)[1]] ** 2 @ (self._variances + offsets)
        return variance

    def diagonal_gradient(self, X: np.ndarray) -> None:
        return None

    def dense(self, X1: Tensor, X2: Tensor) -> Tensor:
        (left, levels1), (right, levels2) = self.levels.split(X1), self.levels.split(X2)
        coefficients, scales = torch.from_numpy(self._coefficients), torch.from_numpy(self._scales)
        weights1, weights2 = coefficients[levels1], coefficients[levels2]
        total: Tensor | None = None
        for level, variance in enumerate(self._variances):
            a, b = (left - 0.5) * scales[level], (right - 0.5) * scales[level]
            squares = (a * a).sum(-1, keepdim=True) + (b * b).sum(-1).unsqueeze(-2) - 2.0 * (a @ b.mT)
            part = variance * (-0.5 * squares.clamp_min(0.0)).exp() + self._offset(level)
            term = weights1[..., level].unsqueeze(-1) * weights2[..., level].unsqueeze(-2) * part
            total = term if total is None else total + term
        assert total is not None
        return total
