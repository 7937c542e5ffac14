"""Gaussian-process classification by expectation propagation with a probit likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from augury.numerics.linalg import cholesky_in_place, inverse_factor

_LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)
_SWEEPS = 100
_TOLERANCE = 1e-3  # of the site precisions, relative to them and to this share of the prior precision
_LITTLE = 1e-3
#: Share of the way that a site goes in one sweep, at most and at least, and what it is multiplied by: all at
#: once sites of the same opinion overshoot, and those of a dozen failures in one place without end.
_MOST, _SMALLEST, _FASTER, _SLOWER = 0.9, 0.02, 1.2, 0.5
_CLEAR = 1e-4  # a site's precision relative to the prior's, above which a difference from 1 has digits left
_LEAST = 1e-12  # of a variance or a cavity precision, so that rounding never makes one negative


@dataclass(frozen=True)
class ProbitPosterior:
    r"""The Gaussian nearest to the posterior of the latent values given labels.

    With the site precisions `tau` and `B = I + S K S`, `S = diag(tau)^{1/2}`, at a new point of covariances
    `k` and prior variance `v`,

    .. math::
        \mu = m + k^T w, \qquad \sigma^2 = v - \|W k\|^2, \qquad
        p(y = 1) = \Phi(\mu / \sqrt{1 + \sigma^2})

    Args:
        weights: `w`, `n`.
        whitener: `W = L^{-1} S`, `n x n`, with `L L^T = B`.
        log_evidence: the approximate log probability of the labels.
        site_precisions: `tau`, `n`.
        cavity_means: `n` means of the latent values, less `m`, by all labels but their own.
        cavity_variances: `n` variances of the same.
    """

    weights: np.ndarray
    whitener: np.ndarray
    log_evidence: float
    site_precisions: np.ndarray
    cavity_means: np.ndarray
    cavity_variances: np.ndarray


def probit_posterior(K: np.ndarray, labels: np.ndarray, mean: float = 0.0) -> ProbitPosterior:
    r"""Approximate `p(f | y)` for `f ~ N(m, K)` and `p(y | f) = prod_i Phi(y_i f_i)`.

    Each factor of the likelihood is replaced by a Gaussian site such that the approximation has the mean and
    the variance of the cavity (all other sites) times the exact factor. All sites move together, each
    damped as far as it swings.
    Unlike Laplace's, this approximation stays good where labels are certain: there the likelihood has no
    curvature at the mode, and Laplace's variance is that of the prior, as if nothing were known.

    Args:
        K: `n x n` prior covariance of the latent values.
        labels: `n` numbers, 1 or -1.
        mean: prior mean `m` of the latent values.

    Raises:
        FloatingPointError: `K` is far from positive definite.

    Source: Rasmussen and Williams (2006), section 3.6: equations 3.53 to 3.58, 3.65, 3.73 and 3.74; all sites
    at once as in van Gerven et al., "Efficient Bayesian multivariate fMRI analysis using a sparsifying
    spatio-temporal prior", NeuroImage 50 (2010).
    """
    prior = K.diagonal().copy()
    site = np.zeros_like(prior), np.zeros_like(prior)
    marginal = np.zeros_like(prior), prior
    share, last = np.full_like(prior, _MOST), np.zeros_like(prior)
    for sweep in range(_SWEEPS):
        target = _matched_sites(_cavity(marginal, site), labels, mean)
        move = target[0] - site[0]
        change = np.abs(move) / (np.abs(target[0]) + np.abs(site[0]) + _LITTLE / prior)
        overshot = (move * last < 0.0) & (np.abs(move) > _SLOWER * np.abs(last))
        share = np.where(overshot, np.maximum(_SLOWER * share, _SMALLEST), np.minimum(_FASTER * share, _MOST))
        step, last = share if sweep else np.ones_like(share), move
        site = site[0] + step * move, site[1] + step * (target[1] - site[1])
        weights, whitener, half_log_determinant = _given_sites(K, site)
        marginal = K @ weights, np.maximum(_variances(K, site[0], whitener), _LEAST * prior)
        if change.max() < _TOLERANCE:
            break
    evidence = _log_evidence(marginal, site, labels, mean) - half_log_determinant
    return ProbitPosterior(weights, whitener, evidence, site[0], *_cavity(marginal, site))


Moments = tuple[np.ndarray, np.ndarray]
"""Mean and variance; of sites: precision and precision times mean. The means leave out the prior's."""


def _cavity(marginal: Moments, site: Moments) -> Moments:
    """The marginal without its site (eq. 3.56)."""
    mean, variance = marginal
    precision = np.maximum(1.0 / variance - site[0], _LEAST)
    return (mean / variance - site[1]) / precision, 1.0 / precision


def _matched_sites(cavity: Moments, labels: np.ndarray, prior_mean: float) -> Moments:
    """The sites that give the cavity the moments of cavity times likelihood (eq. 3.58 and 3.59).

    In terms of the derivatives of the log normaliser by the cavity's mean, slope `g` and curvature `-c`, the
    site has precision `c / (1 - c v)`.
    """
    mean, variance = cavity
    scale = np.sqrt(1.0 + variance)
    z = labels * (mean + prior_mean) / scale
    ratio = np.exp(-0.5 * z * z - _LOG_SQRT_2PI - log_ndtr(z))
    slope, curvature = labels * ratio / scale, ratio * (z + ratio) / scale**2
    rest = np.maximum(1.0 - curvature * variance, _LEAST)
    return np.maximum(curvature, 0.0) / rest, (slope + curvature * mean) / rest


def _given_sites(K: np.ndarray, site: Moments) -> tuple[np.ndarray, np.ndarray, float]:
    """The weights, the whitener and half the log determinant of `B` (algorithm 3.5)."""
    root = np.sqrt(site[0])
    B = np.asfortranarray(root[:, None] * K * root)
    np.einsum("ii->i", B)[...] += 1.0
    cholesky_in_place(B)
    half_log_determinant = float(np.log(B.diagonal()).sum())
    whitener = inverse_factor(B) * root
    return site[1] - whitener.T @ (whitener @ (K @ site[1])), whitener, half_log_determinant


def _variances(K: np.ndarray, precision: np.ndarray, whitener: np.ndarray) -> np.ndarray:
    """The variances of the latent values, `(1 - B^{-1}_ii) / tau_i`; of sites that say little by products."""
    clear = precision * K.diagonal() > _CLEAR
    variance = np.empty_like(precision)
    tau, columns = precision[clear], whitener[:, clear]
    variance[clear] = (1.0 - np.einsum("ij,ij->j", columns, columns) / tau) / tau
    V = whitener @ K[:, ~clear]
    variance[~clear] = K.diagonal()[~clear] - np.einsum("ij,ij->j", V, V)
    return variance


def _log_evidence(marginal: Moments, site: Moments, labels: np.ndarray, prior_mean: float) -> float:
    """Equations 3.73 and 3.74 without the determinant of `B`."""
    mean, variance = _cavity(marginal, site)
    precision = 1.0 / variance
    value = log_ndtr(labels * (mean + prior_mean) / np.sqrt(1.0 + variance)).sum()
    value += 0.5 * np.log1p(site[0] * variance).sum()
    value += 0.5 * (site[1] @ marginal[0] - (site[1] ** 2 / (precision + site[0])).sum())
    value += 0.5 * (mean * precision / (precision + site[0]) * (site[0] * mean - 2.0 * site[1])).sum()
    return float(value)
