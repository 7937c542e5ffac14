"""Where does the function succeed? A Gaussian-process classifier on succeeded and failed evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from scipy.special import log_ndtr, ndtri
from torch import Tensor

from augury.errors import InvalidInputError
from augury.models.exact.features import Features
from augury.models.exact.matern import MaternCovariance
from augury.models.exact.regression import BLOCK_ENTRIES
from augury.models.expectation_propagation import probit_posterior
from augury.models.training_data import check_training_data
from augury.numerics.threads import blas_threads
from augury.space.conditions import Conditions

_LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)
#: Candidates for the hyperparameters: the lengthscales relative to half the diagonal of the cube, and the
#: prior variance of the latent function. The best by evidence is taken. A small variance says that failures
#: are a matter of chance; a very large one, that there is a sharp boundary and beyond it nothing succeeds.
_LENGTHSCALE_FACTORS = (0.25, 0.5, 1.0, 2.0)
_AMPLITUDES = (1.0, 16.0, 256.0, 4096.0, 65536.0)
#: With more rows the hyperparameters are chosen on a subset of this many.
_ROWS_TO_CHOOSE = 200


class FeasibilityModel:
    r"""The probability that an evaluation succeeds, by expectation propagation with a probit likelihood.

    .. math::
        p(\text{success} \mid x) = \Phi\!\left(\frac{\mu(x)}{\sqrt{1 + \sigma^2(x)}}\right), \qquad
        f \sim \mathcal{GP}(m, a\, k), \quad m = \Phi^{-1}(\text{share of successes})

    Far from data the probability returns to the (smoothed) share of successes.
    Source: Rasmussen and Williams (2006), section 3.6; `augury.models.expectation_propagation`.

    Args:
        train_X: `n x d` encoded inputs.
        succeeded: `n` booleans.
        categorical_features: the integer-coded columns.
        descriptors: categorical column -> `k x p` properties of its categories.
        conditions: which columns are active only for some values of others.

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

    def fit(self, seed: int = 0) -> FeasibilityModel:
        """Choose the hyperparameters by evidence and approximate the latent function's posterior."""
        rows = np.arange(len(self._labels))
        if len(rows) > _ROWS_TO_CHOOSE:
            rows = np.random.default_rng(seed).choice(rows, _ROWS_TO_CHOOSE, replace=False)
        with blas_threads(len(self._labels)):
            chosen = MaternCovariance(self._X[rows], self._features)
            factor, self._amplitude = self._choose(chosen, self._labels[rows])
            self._covariance = MaternCovariance(self._X, self._features)
            self._covariance.theta = self._theta(self._covariance, factor)
            K = self._amplitude * self._covariance.matrix(self._covariance.theta)
            posterior = probit_posterior(K, self._labels, self._mean)
            self._weights, self._whitener = posterior.weights, posterior.whitener
            self._covariance.release()
        return self

    def _theta(self, covariance: MaternCovariance, factor: float) -> np.ndarray:
        return covariance.typical() + np.log(factor)

    def _choose(self, covariance: MaternCovariance, labels: np.ndarray) -> tuple[float, float]:
        evidence = {}
        for factor in _LENGTHSCALE_FACTORS:
            K = covariance.matrix(self._theta(covariance, factor)).copy()
            for amplitude in _AMPLITUDES:
                posterior = probit_posterior(amplitude * K, labels, self._mean)
                evidence[factor, amplitude] = posterior.log_evidence
        return max(evidence, key=evidence.__getitem__)

    def log_probability(self, X: Tensor) -> Tensor:
        """The log probability of success at `X` (`N x d`): `N` numbers, each at most 0."""
        points = _points(X)
        z = np.empty(len(points))
        block = max(1, BLOCK_ENTRIES // len(self._labels))
        for start in range(0, len(points), block):
            rows = slice(start, start + block)
            z[rows] = self._standardised(self._amplitude * self._covariance.cross(points[rows]))[0]
        return torch.from_numpy(log_ndtr(z))

    def log_probability_gradient(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """The log probability of success at `X` (`N x d`) and its gradient (`N x d`)."""
        cross = self._amplitude * self._covariance.cross(_points(X), gradient=True)
        z, mean, total = self._standardised(cross)
        mean_gradient = self._amplitude * self._covariance.cross_pullback(self._weights)
        inner = (cross @ self._whitener.T) @ self._whitener
        variance_gradient = -2.0 * self._amplitude * self._covariance.cross_pullback(inner)
        root = np.sqrt(total)[:, None]
        gradient = mean_gradient / root - 0.5 * mean[:, None] * variance_gradient / (root * total[:, None])
        log_probability = log_ndtr(z)
        slope = np.exp(-0.5 * z * z - _LOG_SQRT_2PI - log_probability)
        return torch.from_numpy(log_probability), torch.from_numpy(slope[:, None] * gradient)

    def _standardised(self, cross: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`mu / sqrt(1 + sigma^2)`, `mu` and `1 + sigma^2`."""
        mean = self._mean + cross @ self._weights
        whitened = cross @ self._whitener.T
        variance = self._amplitude - np.einsum("ij,ij->i", whitened, whitened)
        total = 1.0 + np.maximum(variance, 0.0)
        return mean / np.sqrt(total), mean, total


def _points(X: Tensor) -> np.ndarray:
    points: np.ndarray = X.detach().to(torch.float64).numpy()
    return points
