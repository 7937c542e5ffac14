"""Which design to evaluate in which environment, when in the end the mean over the environment counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from augury.acquisition.expected_max_of_lines import log_expected_excess
from augury.acquisition.knowledge_gradient import noise_variance_of
from augury.acquisition.moments import lengthscales_of
from augury.models.environment.joint_moments import JointMoments

#: A choice takes part unless its mean lies so many deviations of the difference below the best one.
_CONTENDER = 5.0
_VARIANCE_FLOOR = 1e-12


class EnvironmentalKnowledgeGradient:
    r"""The logarithm of what one evaluation of `f(x, w)` adds to the best posterior mean over environments.

    .. math::
        \log\big(\mathbb E\,[\max_{z \in A \cup \{x\}} \mu^g_{n+1}(z)] - \max_{z \in A} \mu^g_n(z)\big), \quad
        \mu^g_{n+1}(z) = \mu^g_n(z) +
        \frac{\operatorname{cov}(g(z), f(x, w))}{\sqrt{\sigma^2(x, w) + \lambda}}\, Z

    with `g(x)` the mean of `f(x, w)` over the environment, whose posterior has a closed form
    (`IntegratedProcess`). It is a function of the design and of the environment.

    Args:
        process: an `EnvironmentProcess` of one outcome.
        choices: `k x d` designs that may be returned (the environment's columns are ignored).
        maximize: whether larger outcomes are better.
        noise_variance: `lambda`, of an evaluation; the model's average by default.

    Raises:
        ValueError: no choices.

    Source: Pearce and Branke, "Bayesian simulation optimization with input uncertainty", WSC 2017;
    Toscano-Palmerin and Frazier, "Bayesian optimization with expensive integrands", SIAM J. Optim. 32 (2022),
    section 3; Frazier (2018), section 5, for the problem.
    """

    #: a function of the design and of the environment
    joint = True

    def __init__(
        self, process: Any, choices: np.ndarray, *, maximize: bool = True, noise_variance: float | None = None
    ) -> None:
        if len(choices) == 0:
            raise ValueError("give at least one design that may be returned")
        self.sign = 1.0 if maximize else -1.0
        self.lengthscales = lengthscales_of(process)
        noise = noise_variance_of(process, choices) if noise_variance is None else noise_variance
        self.noise_variance = float(noise)
        self.moments = JointMoments(process, _contenders(process, choices, self.sign))
        self._means = self.sign * self.moments.fixed_mean
        #: the largest posterior mean among the choices
        self.best = float(self._means.max())

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        return self._gain(*self.moments(X))[0]

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`, 0 in categorical columns)."""
        value, *weights = self._gain(*self.moments(X, gradient=True))
        return value, self.moments.pullback(*weights)

    def _gain(
        self, mean: np.ndarray, variance: np.ndarray, own: np.ndarray, covariance: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """The value, and its derivatives by the four moments."""
        root = np.sqrt(np.maximum(variance, _VARIANCE_FLOOR) + self.noise_variance)
        means = np.broadcast_to(self._means, covariance.shape)
        a = np.concatenate([means, self.sign * mean[:, None]], axis=1)
        b = np.concatenate([covariance, own[:, None]], axis=1) / root[:, None]
        excess, by_a, by_b = log_expected_excess(a, b)
        lead = a[:, -1] - self.best
        with np.errstate(divide="ignore"):
            log_lead = np.where(lead > 0.0, np.log(np.maximum(lead, 0.0)), -np.inf)
        value = np.logaddexp(excess, log_lead)
        finite = np.where(np.isfinite(value), value, 0.0)
        share = np.exp(excess - finite)
        by_mean = share * by_a[:, -1] + (lead > 0.0) * np.exp(-np.where(lead > 0.0, finite, 0.0))
        by_b = share[:, None] * by_b / root[:, None]
        by_variance = -0.5 * np.einsum("ij,ij->i", by_b, b) / root
        return value, self.sign * by_mean, by_variance, by_b[:, -1], by_b[:, :-1]


def _contenders(process: Any, choices: np.ndarray, sign: float) -> np.ndarray:
    """The choices whose mean may become the best one by any evaluation (Cauchy-Schwarz)."""
    moments = JointMoments(process, choices)
    means, covariance = sign * moments.fixed_mean, moments.fixed_covariance
    best, variances = int(means.argmax()), covariance.diagonal()
    spread = np.sqrt(np.maximum(variances + variances[best] - 2.0 * covariance[best], 0.0))
    kept = means[best] - means <= _CONTENDER * spread
    kept[best] = True
    result: np.ndarray = choices[kept]
    return result
