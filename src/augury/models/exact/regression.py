"""Exact Gaussian-process regression of one standardised outcome: fit, factor, condition."""

from __future__ import annotations

from math import exp, log, pi

import numpy as np
import torch

from augury.models.exact.conditioning import DensePosterior
from augury.models.exact.covariance import Covariance
from augury.models.exact.fit import maximize_posterior
from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.models.exact.priors import NOISE_PRIOR, QUIET_START, LogNormal
from augury.numerics.linalg import inverse_factor

_LOG_2PI = log(2.0 * pi)
#: Predictions on many points go in blocks of this many entries of the cross-covariance (32 MiB).
BLOCK_ENTRIES = 1 << 22


class ExactRegression:
    r"""The posterior of one outcome, `y = c + f(x) + noise`, `f ~ GP(0, k)`.

    It holds what predictions are made of: `L^{-1}`, `alpha = (K + noise)^{-1} (y - c)` and `c`.
    `CrossPosterior` makes them for arrays of points, `DensePosterior` for tensors.

    Args:
        X: `n x d` encoded inputs.
        y: `n` standardised outcomes.
        noise: `n` known noise variances on that scale, or None to infer one.
        covariance: bound to `X`.
        noise_prior: of the noise variance, where it is inferred.
    """

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        noise: np.ndarray | None,
        covariance: Covariance,
        noise_prior: LogNormal = NOISE_PRIOR,
    ) -> None:
        self.X = X
        self.y = y
        self.noise = noise
        self.covariance = covariance
        self.noise_prior = noise_prior
        self._log_noise = log(QUIET_START)
        self._factored = False

    # -- hyperparameters -------------------------------------------------------------------------------

    @property
    def theta(self) -> np.ndarray:
        """The covariance's hyperparameters, then the log noise variance when it is inferred."""
        own = self.covariance.theta
        if self.noise is not None:
            return own
        theta = np.empty(len(own) + 1)
        theta[:-1], theta[-1] = own, self._log_noise
        return theta

    @theta.setter
    def theta(self, theta: np.ndarray) -> None:
        if self.noise is None:
            self._log_noise = float(theta[-1])
            theta = theta[:-1]
        self.covariance.theta = theta
        self._factored = False

    @property
    def noise_variance(self) -> np.ndarray:
        """`n` noise variances, known or inferred."""
        if self.noise is not None:
            return self.noise
        return np.full(len(self.y), np.exp(self._log_noise))

    @property
    def mean_noise(self) -> float:
        """The average noise variance."""
        return exp(self._log_noise) if self.noise is None else float(self.noise.mean())

    def fit(self, initial: np.ndarray | None = None, seed: int = 0, *, nearby: bool = False) -> None:
        """Find the maximum a posteriori hyperparameters.

        Args:
            initial: (of the same length) a warm start.
            seed: of the subset that a cold fit of many rows begins with.
            nearby: only the mode that the warm start leads to.
        """
        if not len(self.theta):  # a fixed covariance and known noise
            return
        if initial is not None and (initial.shape != self.theta.shape or not np.isfinite(initial).all()):
            initial = None
        nearby = nearby and initial is not None
        self.theta, _ = maximize_posterior(
            self.likelihood(), self.likelihood, initial=initial, seed=seed, nearby=nearby
        )

    def log_posterior(self) -> float:
        """The log posterior density (marginal likelihood plus prior) of the current hyperparameters."""
        value = self.likelihood().value(self.theta)
        self.covariance.release()
        return value

    def log_likelihood_of(self, Y: np.ndarray) -> np.ndarray:
        """The log marginal likelihood of other outcomes (`n x k`) under these hyperparameters: `k` numbers.

        As in `MarginalLikelihood`, with the constant mean of each maximised out.
        """
        whitened = self.inverse_factor @ np.column_stack([np.ones(len(Y)), Y])
        ones, outcomes = whitened[:, 0], whitened[:, 1:]
        quadratic = np.einsum("ij,ij->j", outcomes, outcomes) - (ones @ outcomes) ** 2 / (ones @ ones)
        normalisation = np.log(self.inverse_factor.diagonal()).sum() - 0.5 * len(Y) * _LOG_2PI
        likelihood: np.ndarray = normalisation - 0.5 * quadratic
        return likelihood

    def unfitted(self) -> ExactRegression:
        """A copy with the same hyperparameters and nothing computed, to be changed without effect on this."""
        other = ExactRegression(self.X, self.y, self.noise, self.covariance.rebind(self.X), self.noise_prior)
        other._log_noise = self._log_noise
        return other

    def likelihood(self, rows: np.ndarray | None = None) -> MarginalLikelihood:
        """The density that `fit` maximises, on all rows or on some (an index array)."""
        if rows is None:
            return MarginalLikelihood(self.covariance, self.y, self.noise, self.noise_prior)
        noise = None if self.noise is None else self.noise[rows]
        covariance = self.covariance.rebind(self.X[rows])
        return MarginalLikelihood(covariance, self.y[rows], noise, self.noise_prior)

    # -- the factor ------------------------------------------------------------------------------------

    def _factor(self) -> None:
        if self._factored:
            return
        likelihood = self.likelihood()
        factor, self._alpha, self._constant = likelihood.factorise(self.theta)
        self._inverse_factor = inverse_factor(factor)
        self.covariance.release()
        self._factored = True

    @property
    def constant(self) -> float:
        """The constant mean `c`."""
        self._factor()
        return self._constant

    @property
    def alpha(self) -> np.ndarray:
        """`(K + noise)^{-1} (y - c)`."""
        self._factor()
        return self._alpha

    @property
    def inverse_factor(self) -> np.ndarray:
        """`L^{-1}`, lower triangular, `L L^T = K + noise`."""
        self._factor()
        return self._inverse_factor

    @property
    def precision(self) -> np.ndarray:
        """The diagonal of `(K + noise)^{-1}`."""
        inverse_factor = self.inverse_factor
        return np.einsum("ji,ji->i", inverse_factor, inverse_factor)

    # -- posteriors ------------------------------------------------------------------------------------

    def dense_posterior(self) -> DensePosterior:
        """The posterior in tensors that share this regression's memory."""
        inverse_factor = torch.from_numpy(self.inverse_factor)
        return DensePosterior(
            covariance=self.covariance,
            X=torch.from_numpy(self.X),
            inverse_factor=inverse_factor,
            whitened=inverse_factor @ torch.from_numpy(self.y - self.constant),
            constant=self.constant,
        )

    def extended(self, dense: DensePosterior, new_noise: np.ndarray) -> ExactRegression:
        """The same process with the `q` rows given to `dense`, an unbatched posterior of it, since.

        Args:
            dense: this posterior, conditioned.
            new_noise: `q` noise variances of the new rows; a later fit that infers the noise ignores them.
        """
        X, inverse_factor = dense.X.detach().numpy(), dense.inverse_factor.detach().numpy()
        y = dense.outcomes().detach().numpy()
        noise = None if self.noise is None else np.append(self.noise, new_noise)
        other = ExactRegression(X, y, noise, self.covariance.rebind(X), self.noise_prior)
        other._log_noise = self._log_noise
        other._inverse_factor = inverse_factor
        other._alpha = inverse_factor.T @ dense.whitened.detach().numpy()
        other._constant = dense.constant
        other._factored = True
        return other

    def leave_one_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance (with noise) of each outcome given all others, hyperparameters and mean kept.

        `mu_i = y_i - alpha_i / K^{-1}_ii`, `var_i = 1 / K^{-1}_ii` (Rasmussen and Williams 2006, eq. 5.12).
        """
        precision = self.precision
        return self.y - self.alpha / precision, 1.0 / precision
