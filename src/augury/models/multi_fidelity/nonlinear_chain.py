"""The levels of one outcome, each a process of the inputs and of the level below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
import torch
from gpytorch.kernels import Kernel
from torch import Tensor

from augury.models.exact.ascent import climb_from
from augury.models.exact.autograd import AutogradCovariance
from augury.models.exact.covariance import Covariance
from augury.models.exact.priors import LogNormal, noise_prior
from augury.models.exact.regression import ExactRegression
from augury.models.multi_fidelity.level_data import LevelData
from augury.models.multi_fidelity.level_kernel import scaled_rbf
from augury.models.multi_fidelity.linear_chain import several_starts
from augury.models.multi_fidelity.sample_paths import SamplePaths

#: Location and scale of `log l`, as a density of `l`: its mode in `log l` is 4.
_RELATION_PRIOR = (5.0, 1.0)
#: Lengthscales and variance of a simple relation, from which the fit begins.
_RELATION_START = (3.0, 4.0)


class NonlinearChain:
    r"""`f_t(x) = g_t(x, f_{t-1}(x))`, learnt from the cheapest level upwards.

    `g_t` is an exact regression on the inputs and the posterior mean of the level below, with the covariance
    `k_a(x, x') k_b(f, f') + k_c(x, x')`, all squared exponential. Nothing changes a chain: fitting gives
    another.

    Args:
        data: the rows of each level.
        lowest: the covariance function of level 0, bound to inputs that it is given.
        restarts: random starts for each level above.
        theta: hyperparameters; those that the covariances begin with when None.
    """

    def __init__(
        self,
        data: Sequence[LevelData],
        lowest: Callable[[np.ndarray], Covariance],
        restarts: int,
        theta: np.ndarray | None = None,
    ) -> None:
        self.data, self._lowest, self._restarts = list(data), lowest, restarts
        self.regressions: list[ExactRegression] = []
        self._paths: dict[int, list[SamplePaths]] = {}
        for level in range(len(self.data)):
            regression = self._unlearnt(level)
            if theta is not None:
                regression.theta, theta = np.split(theta, [len(regression.theta)])
            self.regressions.append(regression)

    @property
    def theta(self) -> np.ndarray:
        """The hyperparameters of each level, one after the other."""
        return np.concatenate([regression.theta for regression in self.regressions])

    def at(self, theta: np.ndarray) -> Self:
        """The same data under other hyperparameters."""
        return type(self)(self.data, self._lowest, self._restarts, theta)

    def fit(self, initial: np.ndarray | None, seed: int) -> Self:
        """The same data under the best hyperparameters, found level by level.

        Args:
            initial: `theta` of an earlier fit; None, or of another length, for none.
            seed: of the restarts.
        """
        other = self.at(self.theta)
        parts = None if initial is None or len(initial) != len(self.theta) else initial
        for level in range(len(self.data)):
            fresh, start = other._unlearnt(level), None
            if parts is not None:
                start, parts = np.split(parts, [len(fresh.theta)])
            if level == 0:
                fresh.fit(start, seed)
            elif len(fresh.theta):
                likelihood = fresh.likelihood()
                starts = several_starts(likelihood.starts(), seed, self._restarts)
                fresh.theta, _ = climb_from(likelihood, starts if start is None else start[None])
            other.regressions[level] = fresh
        return other

    def _unlearnt(self, level: int) -> ExactRegression:
        rows, prior = self.data[level], noise_prior(versions=len(self.data) > 1)
        if level == 0:
            return ExactRegression(rows.X, rows.y, rows.noise, self._lowest(rows.X), prior)
        Z = np.column_stack([rows.X, self._mean(level - 1, rows.X)])
        covariance = AutogradCovariance(Z, nargp_kernel(Z.shape[1]))
        return ExactRegression(Z, rows.y, rows.noise, covariance, prior)

    def _mean(self, level: int, X: np.ndarray) -> np.ndarray:
        """The mean of a level at `X` (`n x d`), means put in for the levels below."""
        inputs = X if level == 0 else np.column_stack([X, self._mean(level - 1, X)])
        regression = self.regressions[level]
        mean: np.ndarray = regression.constant + regression.covariance.cross(inputs) @ regression.alpha
        return mean

    # -- predictions -----------------------------------------------------------------------------------

    @property
    def noise(self) -> Tensor:
        """`T` average noise variances."""
        return torch.tensor([float(one.noise_variance.mean()) for one in self.regressions]).double()

    def lowest_mean_covariance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """The Gaussian posterior of level 0 at `X` (`... x q x d`)."""
        return self.regressions[0].dense_posterior().mean_covariance(X)

    def paths(self, X: Tensor, levels: Tensor, count: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
        """`S` sample paths at `X` (`... x q x d`) of those levels (`... x q`): `S x ... x q`, then the mean
        and the variance given the path of the level below (`S x ... x q`; `1 x ...` where all are of level
        0). The cost is linear in `S` whatever the number of levels."""
        values, mean, variance = self._draws(count, seed)[0](X.unsqueeze(0))
        found = values, mean, variance
        for level in range(1, int(levels.max()) + 1 if levels.numel() else 1):
            Z = torch.cat([X.expand(len(values), *X.shape), values.unsqueeze(-1)], dim=-1)
            values, mean, variance = self._draws(count, seed)[level](Z)
            here = levels == level
            found = (
                torch.where(here, values, found[0]),
                torch.where(here, mean, found[1]),
                torch.where(here, variance, found[2]),
            )
        return found

    def _draws(self, count: int, seed: int) -> list[SamplePaths]:
        if count not in self._paths:
            self._paths[count] = [
                SamplePaths(regression, _kernel(regression), count, seed + 1009 * level)
                for level, regression in enumerate(self.regressions)
            ]
        return self._paths[count]


def nargp_kernel(dim: int) -> Kernel:
    """`k_a(x, x') k_b(f, f') + k_c(x, x')` on `dim` columns, the last of which is `f`.

    A product of squared exponentials is one, on all columns. Its lengthscales are expected to be long, so
    that the relation of two levels is simple unless the data say otherwise (the prior was chosen on designs
    other than those that are reported).
    """
    relation = scaled_rbf(dim, lengthscales=LogNormal(*_RELATION_PRIOR))
    relation.base_kernel.lengthscale, relation.outputscale = _RELATION_START
    return relation + scaled_rbf(dim - 1, active_dims=range(dim - 1))


def _kernel(regression: ExactRegression) -> Kernel:
    assert isinstance(regression.covariance, AutogradCovariance)
    return regression.covariance.kernel
