"""Where does the function succeed? A Gaussian-process classifier on succeeded and failed evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from scipy.special import expit, log_expit, ndtri
from torch import Tensor

from augury.errors import InvalidInputError
from augury.models.exact.features import Features
from augury.models.exact.matern import MaternCovariance
from augury.models.exact.regression import BLOCK_ENTRIES
from augury.models.expectation_propagation import probit_posterior
from augury.models.failure_evidence import most_likely
from augury.models.label_corrections import LabelCorrections
from augury.models.training_data import check_training_data
from augury.numerics.threads import blas_threads
from augury.space.conditions import Conditions
from augury.space.encoding import row_keys

#: With more rows the hyperparameters are chosen on a subset of this many.
_ROWS_TO_CHOOSE = 200


class FeasibilityModel:
    r"""The probability that an evaluation succeeds, by expectation propagation with a probit likelihood.

    .. math::
        p(\text{success} \mid f) = \Phi(f(x)), \qquad
        f \sim \mathcal{GP}(m, a\, k), \quad m = \Phi^{-1}(\text{share of successes})

    The Gaussian approximation of the latent function's posterior is corrected for each label, so that next to
    nothing is expected where it has failed (`LabelCorrections`). Far from data the probability returns to the
    (smoothed) share of successes.
    Source: Rasmussen and Williams (2006), section 3.6; `augury.models.expectation_propagation`.

    Args:
        train_X: `n x d` encoded inputs.
        succeeded: `n` booleans.
        categorical_features: the integer-coded columns.
        descriptors: categorical column -> `k x p` properties of its categories.
        conditions: which columns are active only for some values of others.

    Attributes:
        failed_points: `f x d` inputs that have failed whenever they were evaluated.

    Raises:
        InvalidInputError: shapes that do not agree, or inputs that are not finite.
    """

    def __init__(
        self,
        train_X: Tensor,
        succeeded: Tensor,
        categorical_features: Sequence[int] | None = None,
        descriptors: Mapping[int, Tensor] | None = None,
        conditions: Conditions | None = None,
    ) -> None:
        labels = torch.as_tensor(succeeded)
        if labels.dim() != 1:
            raise InvalidInputError(f"succeeded must be one boolean per row; given {tuple(labels.shape)}")
        X, _, _ = check_training_data(train_X, labels.to(torch.float64).unsqueeze(-1))
        self._X = X.numpy()
        self._labels = np.where(labels.numpy().astype(bool), 1.0, -1.0)
        self._features = Features.of(X.shape[-1], categorical_features, descriptors, conditions)
        self._features.check(self._X)
        share = (np.sum(self._labels > 0) + 1.0) / (len(self._labels) + 2.0)
        self._mean = float(ndtri(share))
        succeeded_at = set(row_keys(self._X[self._labels > 0.0]))
        failed = self._X[self._labels < 0.0]
        self.failed_points = failed[[key not in succeeded_at for key in row_keys(failed)]]

    def fit(self, seed: int = 0) -> FeasibilityModel:
        """Choose the hyperparameters by evidence and approximate the latent function's posterior."""
        rows = np.arange(len(self._labels))
        if len(rows) > _ROWS_TO_CHOOSE:
            rows = np.random.default_rng(seed).choice(rows, _ROWS_TO_CHOOSE, replace=False)
        with blas_threads(len(self._labels)):
            chosen = MaternCovariance(self._X[rows], self._features)
            n_categorical = len(self._features.categorical)
            theta, self._amplitude = most_likely(chosen, self._labels[rows], self._mean, n_categorical)
            self._covariance = MaternCovariance(self._X, self._features)
            K = self._amplitude * self._covariance.matrix(theta)
            posterior = probit_posterior(K, self._labels, self._mean)
            self._corrections = LabelCorrections(K, self._labels, self._mean, posterior)
            self._covariance.release()
        return self

    def log_probability(self, X: Tensor) -> Tensor:
        """The log probability of success at `X` (`N x d`): `N` numbers, each at most 0."""
        points = _points(X)
        log_odds = np.empty(len(points))
        block = max(1, BLOCK_ENTRIES // len(self._labels))
        for start in range(0, len(points), block):
            rows = slice(start, start + block)
            cross = self._amplitude * self._covariance.cross(points[rows])
            log_odds[rows] = self._corrections.log_odds(cross, self._amplitude)
        return torch.from_numpy(log_expit(log_odds))

    def log_probability_gradient(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """The log probability of success at `X` (`N x d`) and its gradient (`N x d`)."""
        cross = self._amplitude * self._covariance.cross(_points(X), gradient=True)
        log_odds, by_cross = self._corrections.log_odds_gradient(cross, self._amplitude)
        by_cross *= self._amplitude * expit(-log_odds)[:, None]
        return torch.from_numpy(log_expit(log_odds)), torch.from_numpy(
            self._covariance.cross_pullback(by_cross)
        )

    def log_probability_given_success(self, x: Tensor, others: Tensor) -> Tensor:
        """The log probability of success at a point once one at another has succeeded.

        Args:
            x: `d`.
            others: `t x d`.

        Returns:
            `t` numbers, one for each of the others by itself.
        """
        points = torch.cat([x.unsqueeze(0), others]).to(torch.float64)
        cross = self._amplitude * self._covariance.cross(points.numpy())
        prior = self._amplitude * self._covariance.dense(points, points).numpy()
        return torch.from_numpy(log_expit(self._corrections.log_odds_given_success(cross, prior)))


def _points(X: Tensor) -> np.ndarray:
    points: np.ndarray = X.detach().to(torch.float64).numpy()
    return points
