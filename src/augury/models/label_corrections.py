"""What the Gaussian approximation of a probit posterior misses of the chance of a label, put right."""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, logit, ndtr

from augury.models.expectation_propagation import ProbitPosterior
from augury.numerics.bivariate_normal import bivariate_ndtr, bivariate_ndtr_slopes

_LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)
#: Probabilities nearer to 0 or 1 are not corrected: rounding would be amplified.
_RESOLVED = 1e-10
_REDUNDANCY = 8  # exponent of the correlations by which labels say the same
_CLOSEST = 1.0 - 1e-12  # a correlation


class LabelCorrections:
    r"""The log odds of success, each observed label conditioned on exactly given all others.

    Beside a failure at a sharp edge the latent value is about half-normal, and its Gaussian approximation
    leaves a chance of success of up to 10 % even at the failed point itself. With the site of label `i` taken
    out, the latent values at the new point and at the `i`-th one are jointly Gaussian, so that

    .. math::
        P_i = P(y = 1 \mid y_i) = \frac{\Phi_2(h, y_i k_i;\, y_i \rho)}{\Phi(y_i k_i)}, \quad
        h = \frac{\mu}{\sqrt{1 + \sigma^2}}, \;
        k_i = \frac{\mu_i}{\sqrt{1 + \sigma_i^2}}, \;
        \rho = \frac{c}{\sqrt{(1 + \sigma^2)(1 + \sigma_i^2)}}

    in the moments without that site. What this differs from the approximation `q = P(y = 1)` by is one factor
    of the posterior; the factors of all labels are put together as if they were independent,

    .. math::
        \operatorname{logit} p = \operatorname{logit} q + \sum_i w_i (\operatorname{logit} P_i
        - \operatorname{logit} q), \qquad w_i = 1 \Big/ \sum_j r_{ij}^8

    but for labels that say the same: with `r` the posterior correlations of the latent values (noise
    included), `k` failures in one place count as one, of their mean, since each is given the others already.
    Exact for one label. The approximation has the moments of second order right, so that labels of little
    correlation with the new point contribute nothing.

    Args:
        K: `n x n` prior covariance of the latent values.
        labels: `n` numbers, 1 or -1.
        mean: prior mean of the latent values.
        posterior: their approximation (`probit_posterior`).

    Source: Cseke and Heskes, "Approximate marginals in latent Gaussian models", Journal of Machine Learning
    Research 12 (2011): the factorised correction of expectation propagation (EP-FACT). Here it is of the
    label instead of the latent value, which leaves no integral but the bivariate normal one, and has weights,
    all 1 there, without which the odds after failures in one place go down with the number of these. With
    exponent 8 they are about as close to exact orthant probabilities for points apart as for repeated ones.
    """

    def __init__(self, K: np.ndarray, labels: np.ndarray, mean: float, posterior: ProbitPosterior) -> None:
        self._labels, self._mean, self._posterior = labels, mean, posterior
        #: `c = k^T R`: posterior covariances with the training points from prior ones.
        self._reduction = np.eye(len(K)) - posterior.whitener.T @ (posterior.whitener @ K)
        self._weights = _counted_once(K @ self._reduction)
        cavity_variance = posterior.cavity_variances
        self._gain = 1.0 / (1.0 + posterior.site_precisions * cavity_variance)  # 1 - tau s
        self._site = posterior.site_precisions / self._gain
        means, variances = K @ posterior.weights, cavity_variance * self._gain
        self._pull = (posterior.cavity_means - means) / variances
        self._spread = np.sqrt(1.0 + cavity_variance)
        self._known = labels * (mean + posterior.cavity_means) / self._spread
        log_known = log_ndtr(self._known)
        least = np.log(_RESOLVED)
        self._weights[log_known < least] = 0.0  # against all the others: what it leaves is below rounding
        self._log_known = np.maximum(log_known, least)

    def moments(self, cross: np.ndarray, prior: float) -> tuple[np.ndarray, np.ndarray]:
        """The latent mean and variance by the approximation, of prior covariances `cross` (`N x n`)."""
        whitened = cross @ self._posterior.whitener.T
        variance = prior - np.einsum("ij,ij->i", whitened, whitened)
        return self._mean + cross @ self._posterior.weights, np.maximum(variance, 0.0)

    def log_odds(self, cross: np.ndarray, prior: float) -> np.ndarray:
        """`N` log odds of success of prior covariances `cross` (`N x n`) and prior variance `prior`."""
        mean, variance = self.moments(cross, prior)
        z = mean / np.sqrt(1.0 + variance)
        h, rho, _ = self._without_site(mean, variance, cross @ self._reduction)
        corrections = _clipped_logit(self._given_label(h, rho)) - _clipped_logit(ndtr(z))[:, None]
        return log_ndtr(z) - log_ndtr(-z) + corrections @ self._weights

    def log_odds_gradient(self, cross: np.ndarray, prior: float) -> tuple[np.ndarray, np.ndarray]:
        """`N` log odds of success and their derivatives by `cross` (`N x n`)."""
        mean, variance = self.moments(cross, prior)
        total = 1.0 + variance
        z, covariance = mean / np.sqrt(total), cross @ self._reduction
        h, rho, scale = self._without_site(mean, variance, covariance)
        q, given = ndtr(z), self._given_label(h, rho)
        corrections = _clipped_logit(given) - _clipped_logit(q)[:, None]
        odds = log_ndtr(z) - log_ndtr(-z)
        # by the probability given each label, by h and rho, then by mean, variance and covariance
        by_h, by_rho = bivariate_ndtr_slopes(h, self._known * np.ones_like(h), self._labels * rho)
        weight = self._weights * _clipped_logit_slope(given) / np.exp(self._log_known)
        by_h, by_rho = weight * by_h, weight * self._labels * by_rho
        by_scale = -0.5 * (by_h * h + by_rho * rho) / scale
        root = np.sqrt(scale)
        log_density = -0.5 * z * z - _LOG_SQRT_2PI
        by_z = np.exp(log_density - log_ndtr(z)) + np.exp(log_density - log_ndtr(-z))
        by_z -= self._weights.sum() * np.exp(log_density) * _clipped_logit_slope(q)
        by_mean = (by_h / root).sum(axis=1) + by_z / np.sqrt(total)
        by_variance = by_scale.sum(axis=1) - 0.5 * by_z * z / total
        by_covariance = (by_h * self._pull + by_rho / (self._gain * self._spread)) / root
        by_covariance += 2.0 * by_scale * covariance * self._site
        whitener, weights = self._posterior.whitener, self._posterior.weights
        gradient = by_covariance @ self._reduction.T + by_mean[:, None] * weights
        gradient -= 2.0 * by_variance[:, None] * ((cross @ whitener.T) @ whitener)
        return odds + corrections @ self._weights, gradient

    def log_odds_given_success(self, cross: np.ndarray, prior: np.ndarray) -> np.ndarray:
        """The log odds of success at the first of `1 + t` points given one at each of the others: `t`.

        Args:
            cross: `(1 + t) x n` prior covariances with the training points.
            prior: `(1 + t) x (1 + t)` prior covariances of the points.
        """
        whitened = cross @ self._posterior.whitener.T
        covariance = prior - whitened @ whitened.T
        scale = np.sqrt(1.0 + np.maximum(covariance.diagonal(), 0.0))
        z = (self._mean + cross @ self._posterior.weights) / scale
        rho = np.clip(covariance[0, 1:] / (scale[0] * scale[1:]), -_CLOSEST, _CLOSEST)
        given = bivariate_ndtr(np.broadcast_to(z[0], rho.shape), z[1:], rho) * np.exp(-log_ndtr(z[1:]))
        before = self.log_odds(cross[:1], float(prior[0, 0]))
        return np.asarray(before + _clipped_logit(given) - _clipped_logit(ndtr(z[0])))

    def _without_site(
        self, mean: np.ndarray, variance: np.ndarray, covariance: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`h`, `rho` and `1 + sigma^2` (`N x n`) with each site taken out."""
        scale = 1.0 + variance[:, None] + covariance**2 * self._site
        root = np.sqrt(scale)
        h = (mean[:, None] + covariance * self._pull) / root
        rho = covariance / (self._gain * self._spread * root)
        return h, np.clip(rho, -_CLOSEST, _CLOSEST), scale

    def _given_label(self, h: np.ndarray, rho: np.ndarray) -> np.ndarray:
        """The probability of success given each label (`N x n`)."""
        joint = bivariate_ndtr(h, np.broadcast_to(self._known, h.shape), self._labels * rho)
        return np.asarray(joint * np.exp(-self._log_known))


def _counted_once(covariance: np.ndarray) -> np.ndarray:
    """The weight of each label (`n`) by the posterior covariance (`n x n`) of the latent values."""
    deviation = np.sqrt(1.0 + np.maximum(covariance.diagonal(), 0.0))
    correlation = covariance / deviation[:, None] / deviation
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(1.0 / (correlation**_REDUNDANCY).sum(axis=1))


def _clipped_logit(p: np.ndarray) -> np.ndarray:
    return np.asarray(logit(np.clip(p, _RESOLVED, 1.0 - _RESOLVED)))


def _clipped_logit_slope(p: np.ndarray) -> np.ndarray:
    inside = (p > _RESOLVED) & (p < 1.0 - _RESOLVED)
    clipped = np.clip(p, _RESOLVED, 1.0 - _RESOLVED)
    return np.where(inside, 1.0 / (clipped * (1.0 - clipped)), 0.0)
