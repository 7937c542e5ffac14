"""Expected hypervolume improvement in closed form, where the front itself may be uncertain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from augury.acquisition.fantasies import FantasizedMoments
from augury.acquisition.front_cells import FrontCells
from augury.acquisition.moments import moments_of
from augury.numerics.quasi_random import quasi_normal
from augury.space.pareto import non_dominated

#: Fantasies of an uncertain front; each has cells of its own, so they cost more than those of a best value.
NUM_FANTASIES = 16
#: Candidates go in blocks of at most this many (candidate, fantasy, cell) triples (16 MiB).
_BLOCK_ENTRIES = 1 << 21
#: A measurement leaves at least this share of the variance.
_LEAST_SHARE = 1e-8


class LogNoisyExpectedHypervolumeImprovement:
    r"""The logarithm of the expected gain in hypervolume over a front that may be uncertain.

    .. math::
        \log \mathrm{NEHVI}(x) = \log \frac 1 F \sum_{i=1}^F \sum_{c \in C_i} \prod_{j=1}^k
        \left[\psi_{ij}(l_{cj}) - \psi_{ij}(u_{cj})\right], \qquad
        \psi_{ij}(a) = \mathbb E\,[\max(f_j(x) - a, 0) \mid f_Z^{(i)}]

    over the cells `[l_c, u_c]` into which the space not dominated by the i-th front is cut: exact for
    independent Gaussian objectives given the fantasy, so that only the front is sampled. The points Z are
    the observed ones whose outcomes are noisy and those that are pending; a greedy choice beside pending
    points is that of the joint improvement. In logarithms throughout, since improvements underflow where
    most of the space is.

    Args:
        models: one BoTorch model with a Gaussian posterior for each of the k objectives.
        signs: `k`, +1 for an objective to maximise, -1 to minimise.
        reference: `k`, the reference point, of the objectives to be maximised.
        front: `n x k` values known without noise, to be maximised; None when there are none.
        baseline: `b x d` observed points whose values are uncertain, or None.
        pending: `p x d` points being evaluated, or None.
        num_fantasies: number F of fantasies.
        seed: of the fantasies.
        pending_feasible: `F x p`, in which fantasy each pending point keeps the outcome constraints; all by
            default.

    Raises:
        NotSupportedError: a posterior that is not Gaussian.

    Source: Yang et al., "Efficient computation of expected hypervolume improvement using box decomposition
    algorithms", J. Global Optimization 75 (2019), eq. 13; Daulton, Balandat and Bakshy, "Parallel Bayesian
    optimization of multiple noisy objectives", NeurIPS 2021, for the integral over the front; Ament et al.,
    NeurIPS 2023, for the logarithms.
    """

    def __init__(
        self,
        models: Sequence[Any],
        signs: np.ndarray,
        reference: np.ndarray,
        *,
        front: np.ndarray | None = None,
        baseline: np.ndarray | None = None,
        pending: np.ndarray | None = None,
        num_fantasies: int = NUM_FANTASIES,
        seed: int = 0,
        pending_feasible: np.ndarray | None = None,
    ) -> None:
        self.signs = np.asarray(signs, dtype=np.float64)
        known = np.empty((0, len(self.signs))) if front is None else front
        fixed = [points for points in (baseline, pending) if points is not None and len(points)]
        self._moments: list[Any]
        if fixed:
            Z = np.concatenate(fixed)
            self._moments = [
                FantasizedMoments(model, Z, count=num_fantasies, seed=seed + 7919 * column)
                for column, model in enumerate(models)
            ]
            values = self.signs * np.stack([moments.values for moments in self._moments], axis=-1)
            if pending is not None and len(pending) and pending_feasible is not None:
                values[:, -len(pending) :][~pending_feasible] = -np.inf
        else:
            self._moments = [_CertainFront(model) for model in models]
            values = np.empty((1, 0, len(self.signs)))
        fronts = np.concatenate([np.broadcast_to(known, (len(values), *known.shape)), values], axis=1)
        self._cells = FrontCells(fronts, np.asarray(reference, dtype=np.float64))

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        block = max(1, _BLOCK_ENTRIES // self._cells.size)
        parts = []
        for start in range(0, len(X), block):
            means, deviations = self._standardised(X[start : start + block], gradient=False)
            parts.append(self._cells.log_improvement(means, deviations))
        return np.concatenate(parts) if parts else np.empty(0)

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`, 0 in categorical columns)."""
        means, deviations = self._standardised(X, gradient=True)
        value, by_means, by_deviations = self._cells.log_improvement_gradient(means, deviations)
        gradient = np.zeros(X.shape)
        for column, (sign, moments) in enumerate(zip(self.signs, self._moments, strict=True)):
            by_variance = by_deviations[column] / (2.0 * deviations[column])
            gradient += moments.pullback(sign * by_means[column], by_variance)
        return value, gradient

    def once_told(self, x: np.ndarray, shares: np.ndarray, *, count: int = 64, seed: int = 0) -> np.ndarray:
        r"""What a point may be worth once a related quantity has been measured there.

        .. math::
            \mu_j' = \mu_j + \sqrt{r_j}\, \sigma_j\, \xi_j, \qquad \sigma_j' = \sqrt{1 - r_j}\, \sigma_j,
            \qquad \xi_j \sim \mathcal N(0, 1)

        where the measurement tells the share `r_j` of the variance of each objective. The expectation of the
        exponential is that of `value`, whatever is told.

        Args:
            x: `d`.
            shares: `t x k`, in [0, 1], of each of `t` quantities.
            count: draws of what they come to.
            seed: of the draws.

        Returns:
            `t x count` values.
        """
        means, deviations = self._standardised(x[None], gradient=False)
        draws = quasi_normal(count, len(self.signs), seed).T  # k x count
        told = []
        for share in np.clip(shares, 0.0, 1.0):
            moves = np.sqrt(share)[:, None] * deviations * draws
            left = np.sqrt(np.maximum(1.0 - share, _LEAST_SHARE))[:, None] * deviations
            told.append(
                self._cells.log_improvement(means + moves[:, :, None], np.repeat(left, count, axis=1))
            )
        return np.stack(told)

    def _standardised(self, X: np.ndarray, *, gradient: bool) -> tuple[np.ndarray, np.ndarray]:
        """The means (`k x N x F`, to be maximised) and the standard deviations (`k x N`)."""
        pairs = [moments(X, gradient=gradient) for moments in self._moments]
        means = np.stack([sign * pair[0] for sign, pair in zip(self.signs, pairs, strict=True)])
        return means, np.sqrt(np.stack([pair[1] for pair in pairs]))


class _CertainFront:
    """The moments when nothing is uncertain but the candidate: one "fantasy", with nothing to imagine."""

    def __init__(self, model: Any) -> None:
        self._moments = moments_of(model)

    def __call__(self, X: np.ndarray, *, gradient: bool = False) -> tuple[np.ndarray, np.ndarray]:
        mean, variance, self._covariance = self._moments(X, gradient=gradient)
        return mean[:, None], variance

    def pullback(self, means: np.ndarray, variance: np.ndarray) -> np.ndarray:
        return self._moments.pullback(means[:, 0], variance, self._covariance)


def plausible_front(
    models: Sequence[Any],
    signs: np.ndarray,
    observed: np.ndarray,
    *,
    count: int = NUM_FANTASIES,
    seed: int,
    most: int = 128,
) -> np.ndarray:
    """The observed points on the Pareto front of at least one of `count` draws from their joint posteriors.

    Only these can matter to an improvement over a front whose values are uncertain.

    Args:
        models: one BoTorch model with a Gaussian posterior for each objective.
        signs: `k`, +1 to maximise, -1 to minimise.
        observed: `n x d`.
        count: number of draws.
        seed: of the draws.
        most: the draws are made at this many points, of the fewest by which they are dominated in the mean.

    Returns:
        `b x d`, at least one.

    Source: `prune_inferior_points_multi_objective` of BoTorch (Daulton et al., NeurIPS 2021).
    """
    distinct = np.unique(observed, axis=0)
    if len(distinct) > most:
        means = np.stack(
            [sign * moments_of(model)(distinct)[0] for sign, model in zip(signs, models, strict=True)]
        )
        above = (means[:, None, :] > means[:, :, None]).all(axis=0).sum(axis=1)
        distinct = distinct[np.argsort(above, kind="stable")[:most]]
    draws = [
        sign * FantasizedMoments(model, distinct, count=count, seed=seed + 7919 * column).values
        for column, (sign, model) in enumerate(zip(signs, models, strict=True))
    ]
    members = np.any([non_dominated(draw) for draw in np.stack(draws, axis=-1)], axis=0)
    return distinct[members]
