"""What one more noisy evaluation is expected to add to the best posterior mean, in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from augury.acquisition.expected_max_of_lines import log_expected_excess
from augury.acquisition.moments import Moments, lengthscales_of, moments_of
from augury.numerics.linalg import cholesky_in_place, inverse_factor

#: A point takes part unless its mean lies so many standard deviations of the difference below the best one:
#: the expected gain it could add is then below 1e-7 of that deviation.
_CONTENDER = 5.0
#: A variance never falls below this share of the largest one at the fixed points.
_VARIANCE_FLOOR = 1e-12


class DiscreteKnowledgeGradient:
    r"""The logarithm of the expected gain in the best posterior mean over given choices and the point itself.

    .. math::
        \log \mathrm{KG}(x) = \log\big(\mathbb E\,[\max_{z \in A \cup \{x\}} \mu_{n+1}(z) \mid x_{n+1} = x]
        - \max_{z \in A} \mu_n(z)\big), \qquad
        \mu_{n+1}(z) = \mu_n(z) + \frac{\operatorname{cov}(f(z), f(x))}{\sqrt{\sigma^2(x) + \lambda}}\, Z

    The means after the evaluation are lines in the standard normal `Z`, so the expectation is that of
    `expected_max_of_lines`. The point itself may be returned in the end as well as a choice (as in the
    approximate knowledge gradient of Scott et al., eq. 4.6, whose baseline includes `mu_n(x)`; here it does
    not, which makes it the one-step value of the policy "return the best mean").

    Pending points are hallucinated: they come out as expected, which leaves the means and lowers the
    (co)variances, and may be returned as well.

    Args:
        model: a BoTorch model of one outcome whose posterior is Gaussian.
        choices: `k x d` points that may be returned in the end.
        pending: `p x d` points being evaluated, or None.
        maximize: whether larger outcomes are better.
        noise_variance: `lambda`, of an evaluation; the model's average by default.
        returnable: `p`, which pending points may be returned; all by default.

    Raises:
        ValueError: no choices.
        NotSupportedError: the model's posterior is not Gaussian.

    Sources: Frazier, Powell and Dayanik, "The knowledge-gradient policy for correlated normal beliefs",
    INFORMS Journal on Computing 21 (2009); Scott, Frazier and Powell, "The correlated knowledge gradient for
    simulation optimization of continuous parameters", SIAM J. Optim. 21 (2011); pending points as in
    Desautels et al., JMLR 15 (2014).
    """

    def __init__(
        self,
        model: Any,
        choices: np.ndarray,
        pending: np.ndarray | None = None,
        *,
        maximize: bool = True,
        noise_variance: float | None = None,
        returnable: np.ndarray | None = None,
    ) -> None:
        if len(choices) == 0:
            raise ValueError("give at least one point that may be returned")
        self.sign = 1.0 if maximize else -1.0
        self.lengthscales = lengthscales_of(model)
        noise = noise_variance_of(model, choices) if noise_variance is None else noise_variance
        self.noise_variance = float(noise)
        choices = _contenders(model, np.unique(choices, axis=0), self.sign)
        self._pending = 0 if pending is None else len(pending)
        fixed = choices if pending is None else np.concatenate([choices, pending])
        self.moments: Moments = moments_of(model, fixed)
        kept = np.ones(len(fixed), dtype=bool)
        if returnable is not None:
            kept[len(choices) :] = returnable
        self._kept = np.flatnonzero(kept)
        self._means = self.sign * self.moments.fixed_mean[self._kept]
        #: the largest posterior mean among the choices
        self.best = float(self._means.max())
        covariance = self.moments.fixed_covariance
        self._floor = _VARIANCE_FLOOR * float(covariance.diagonal().max())
        if self._pending:
            running = covariance[-self._pending :]
            factor = np.array(running[:, -self._pending :], order="F")
            np.einsum("ii->i", factor)[...] += self.noise_variance
            cholesky_in_place(factor)
            self._root = inverse_factor(factor).T  # p x p
            self._whitened = self._root.T @ running[:, self._kept]  # p x k

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        mean, variance, covariance = self.moments(X)
        return self._gain(mean, *self._given_pending(variance, covariance)[:2])[0]

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`, 0 in categorical columns)."""
        mean, variance, covariance = self.moments(X, gradient=True)
        given, slopes, pending = self._given_pending(variance, covariance)
        value, by_mean, by_variance, by_slopes = self._gain(mean, given, slopes)
        by_variance = by_variance * (given > self._floor)
        by_covariance = np.zeros_like(covariance)
        by_covariance[:, self._kept] = by_slopes
        if self._pending:
            by_pending = by_slopes @ self._whitened.T + 2.0 * by_variance[:, None] * pending
            by_covariance[:, -self._pending :] -= by_pending @ self._root.T
        return value, self.moments.pullback(by_mean, by_variance, by_covariance)

    def _given_pending(
        self, variance: np.ndarray, covariance: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Variance (`N`) and covariances with the choices (`N x k`) once the pending points are evaluated,
        and the whitened covariances with these (`N x p`)."""
        kept, pending = covariance[:, self._kept], np.empty((len(variance), 0))
        if self._pending:
            pending = covariance[:, -self._pending :] @ self._root
            variance = variance - np.einsum("ij,ij->i", pending, pending)
            kept = kept - pending @ self._whitened
        return np.maximum(variance, self._floor), kept, pending

    def _gain(
        self, mean: np.ndarray, variance: np.ndarray, covariance: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The value, and its derivatives by the mean, the variance and the covariances (`N x k`)."""
        total = variance + self.noise_variance
        root = np.sqrt(total)
        a = np.concatenate(
            [np.broadcast_to(self._means, covariance.shape), self.sign * mean[:, None]], axis=1
        )
        b = np.concatenate([covariance, variance[:, None]], axis=1) / root[:, None]
        excess, by_a, by_b = log_expected_excess(a, b)
        lead = a[:, -1] - self.best  # what the mean at x is above the best choice already
        with np.errstate(divide="ignore"):
            log_lead = np.where(lead > 0.0, np.log(np.maximum(lead, 0.0)), -np.inf)
        value = np.logaddexp(excess, log_lead)  # -inf where nothing can be gained
        finite = np.where(np.isfinite(value), value, 0.0)
        share = np.exp(excess - finite)
        by_mean = share * by_a[:, -1] + (lead > 0.0) * np.exp(-np.where(lead > 0.0, finite, 0.0))
        by_b = share[:, None] * by_b / root[:, None]
        by_variance = by_b[:, -1] - 0.5 * np.einsum("ij,ij->i", by_b, b) / root
        return value, self.sign * by_mean, by_variance, by_b[:, :-1]


class RiskNeutralNoisyExpectedImprovement(DiscreteKnowledgeGradient):
    r"""The logarithm of the expected gain in the best posterior mean over evaluated points.

    .. math::
        \log \mathrm{nEI}(x) = \log\big(\mathbb E\,[\max_{i \le n+1} \mu_{n+1}(x_i) \mid x_{n+1} = x]
        - \max_{i \le n} \mu_n(x_i)\big)

    One more evaluation is worth what it adds to the best posterior mean, if in the end a point that has been
    evaluated is returned and risk does not matter. Without noise it is expected improvement; it is another
    quantity than the average of expected improvement over what the values may be
    (`LogNoisyExpectedImprovement`). It is the discrete knowledge gradient whose choices are the evaluated
    points, and as there, pending points are hallucinated.

    Args:
        model: a BoTorch model of one outcome whose posterior is Gaussian.
        observed: `n x d` evaluated points.
        pending: `p x d` points being evaluated, or None.
        maximize: whether larger outcomes are better.
        noise_variance: of an evaluation; the model's average by default.
        returnable: `p`, which pending points may be returned; all by default.

    Raises:
        ValueError: no evaluated points.
        NotSupportedError: the model's posterior is not Gaussian.

    Source: Frazier, "A tutorial on Bayesian optimization", arXiv:1807.02811 (2018), section 5.
    """

    def __init__(
        self,
        model: Any,
        observed: np.ndarray,
        pending: np.ndarray | None = None,
        *,
        maximize: bool = True,
        noise_variance: float | None = None,
        returnable: np.ndarray | None = None,
    ) -> None:
        super().__init__(
            model,
            observed,
            pending,
            maximize=maximize,
            noise_variance=noise_variance,
            returnable=returnable,
        )


def noise_variance_of(model: Any, X: np.ndarray) -> float:
    """The variance of the noise of one evaluation, on average, in the outcome's units squared.

    Args:
        model: a BoTorch model of one outcome.
        X: `n x d` points, at which it is asked where the model has no `noise_variance`.
    """
    if hasattr(model, "noise_variance"):
        return float(model.noise_variance.mean())
    points = torch.from_numpy(np.ascontiguousarray(X[:64])).unsqueeze(-2)
    with torch.no_grad():
        with_noise = model.posterior(points, observation_noise=True).variance
        return max(0.0, float((with_noise - model.posterior(points).variance).mean()))


def _contenders(model: Any, points: np.ndarray, sign: float) -> np.ndarray:
    """The points whose mean may become the best one by any evaluation.

    No evaluation moves the difference of two means by more than its posterior standard deviation times a
    standard normal variable (Cauchy-Schwarz).
    """
    moments = moments_of(model, points)
    means, covariance = sign * moments.fixed_mean, moments.fixed_covariance
    best, variances = int(means.argmax()), covariance.diagonal()
    spread = np.sqrt(np.maximum(variances + variances[best] - 2.0 * covariance[best], 0.0))
    kept = means[best] - means <= _CONTENDER * spread
    kept[best] = True
    return points[kept]
