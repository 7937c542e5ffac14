"""The levels of one outcome, each multiples of levels below plus an independent process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
import torch
from torch import Tensor

from augury.kernels.ar1 import level_coefficients
from augury.models.exact.ascent import climb_from
from augury.models.exact.covariance import Covariance
from augury.models.exact.priors import noise_prior
from augury.models.exact.regression import ExactRegression
from augury.models.multi_fidelity.level_data import LevelData
from augury.models.multi_fidelity.trend_likelihood import TrendLikelihood

CovarianceOf = Callable[[np.ndarray], Covariance]
#: The relation between levels has several explanations where rows are few: so many random starts, so far.
_RANDOM_STARTS, _REACH = 4, 2.0


class LinearChain:
    r"""`f_t(x) = sum_s rho_{st} f_s(x) + delta_t(x)`, learnt from the cheapest level upwards.

    `delta_t` is an exact regression of `y_t - sum_s rho_{st} m_s(X_t)`, where `m_s` is the posterior mean of
    a level below: its data, where the designs are nested and free of noise. The posteriors of the `delta` are
    then independent, and with `A` the products of the factors

    .. math::
        \mathrm E f_t(x) = \sum_j A_{tj}\, \mu_j(x), \qquad
        \operatorname{cov}(f_t(x), f_s(x')) = \sum_j A_{tj} A_{sj}\, C_j(x, x').

    Elsewhere that is an approximation. Nothing changes a chain: fitting gives another.

    Source: Le Gratiet and Garnier (2014), propositions 1 and 2, on a graph of levels.

    Args:
        data: the rows of each level.
        graph: the parents of each level.
        covariances: the covariance function of each `delta`, bound to inputs that it is given.
        theta: hyperparameters; those that the covariances begin with, and factors of 1, when None.
    """

    def __init__(
        self,
        data: Sequence[LevelData],
        graph: Sequence[Sequence[int]],
        covariances: Sequence[CovarianceOf],
        theta: np.ndarray | None = None,
    ) -> None:
        self.data, self.graph, self._covariances = (
            list(data),
            [list(parents) for parents in graph],
            covariances,
        )
        self.regressions: list[ExactRegression] = []
        self.rho: list[np.ndarray] = []
        for level in range(len(self.data)):
            start, factors = self._unlearnt(level).theta, np.ones(len(self.graph[level]))
            if theta is not None:
                start, factors, theta = np.split(theta, [len(start), len(start) + len(factors)])
            self._add(level, start, factors)

    @property
    def theta(self) -> np.ndarray:
        """Of each level: the hyperparameters of `delta`, then the factors."""
        return np.concatenate(
            [
                part
                for pair in zip(self.regressions, self.rho, strict=True)
                for part in (pair[0].theta, pair[1])
            ]
        )

    def at(self, theta: np.ndarray) -> Self:
        """The same data under other hyperparameters."""
        return type(self)(self.data, self.graph, self._covariances, theta)

    def fit(self, initial: np.ndarray | None, seed: int) -> Self:
        """The same data under the best hyperparameters, found level by level.

        Args:
            initial: `theta` of an earlier fit; None, or of another length, for none.
            seed: of further starts.
        """
        other = self.at(self.theta)
        other.regressions, other.rho = [], []
        parts = None if initial is None or len(initial) != len(self.theta) else initial
        for level, rows in enumerate(other.data):
            fresh, count = other._unlearnt(level), len(other.graph[level])
            start = None
            if parts is not None:
                start, _, parts = np.split(parts, [len(fresh.theta), len(fresh.theta) + count])
            if not count:
                fresh.fit(start, seed)
                other._add(level, fresh.theta, np.empty(0))
                continue
            likelihood = TrendLikelihood(fresh.covariance, rows.y, rows.noise, other._trend(level))
            theta = fresh.theta
            if len(theta):
                starts = several_starts(likelihood.starts(), seed) if start is None else start[None]
                theta, _ = climb_from(likelihood, starts)
            other._add(level, theta, likelihood.factors(theta))
        return other

    def _unlearnt(self, level: int) -> ExactRegression:
        rows = self.data[level]
        covariance = self._covariances[level](rows.X)
        return ExactRegression(
            rows.X, rows.y, rows.noise, covariance, noise_prior(versions=len(self.data) > 1)
        )

    def _add(self, level: int, theta: np.ndarray, factors: np.ndarray) -> None:
        regression = self._unlearnt(level)
        if len(factors):
            regression.y = regression.y - self._trend(level) @ factors
        regression.theta = theta
        self.regressions.append(regression)
        self.rho.append(factors)

    def _trend(self, level: int) -> np.ndarray:
        """`n_t x parents`: the posterior means of the levels below at the inputs of a level."""
        X = self.data[level].X
        return np.stack([self._mean(parent, X) for parent in self.graph[level]], axis=-1)

    def _mean(self, level: int, X: np.ndarray) -> np.ndarray:
        regression = self.regressions[level]
        mean: np.ndarray = regression.constant + regression.covariance.cross(X) @ regression.alpha
        for factor, parent in zip(self.rho[level], self.graph[level], strict=True):
            mean = mean + factor * self._mean(parent, X)
        return mean

    # -- predictions -----------------------------------------------------------------------------------

    @property
    def noise(self) -> Tensor:
        """`T` average noise variances."""
        return torch.tensor([float(one.noise_variance.mean()) for one in self.regressions]).double()

    @property
    def coefficients(self) -> Tensor:
        """`T x T`: the `A` above."""
        edges = [(t, s) for t, parents in enumerate(self.graph) for s in parents]
        to, start = torch.tensor(edges, dtype=torch.long).reshape(-1, 2).unbind(1)
        rho = torch.from_numpy(np.concatenate([np.empty(0), *self.rho]))
        return level_coefficients(rho, (to, start), len(self.graph))

    def mean_covariance(self, X: Tensor, levels: Tensor) -> tuple[Tensor, Tensor]:
        """Joint mean (`... x q`) and covariance (`... x q x q`) at `X` (`... x q x d`) of those levels."""
        weights = self.coefficients[levels]
        mean, covariance = (
            torch.zeros(X.shape[:-1]).double(),
            torch.zeros(*X.shape[:-1], X.shape[-2]).double(),
        )
        for level, regression in enumerate(self.regressions):
            weight = weights[..., level]
            if not bool(weight.any()):
                continue
            own_mean, own_covariance = regression.dense_posterior().mean_covariance(X)
            mean = mean + weight * own_mean
            covariance = covariance + weight.unsqueeze(-1) * weight.unsqueeze(-2) * own_covariance
        return mean, covariance


def several_starts(starts: np.ndarray, seed: int, count: int = _RANDOM_STARTS) -> np.ndarray:
    """The starts (`s x p`) and `count` more about the first."""
    moves = np.random.default_rng(seed).normal(scale=_REACH, size=(count, starts.shape[1]))
    return np.concatenate([starts, starts[0] + moves])
