"""How the truth goes with what cheap levels come to, and whether it does: averaged over what is not known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

#: What is averaged over: lengthscales, in root mean square differences of the coordinates; variances of what
#: the levels do not explain, and of the noise, in the variance of the outcomes.
_LENGTHSCALES = np.array([0.125, 0.25, 0.5, 1.0, 2.0, 8.0])
_VARIANCES = np.array([1.0, 0.3, 0.1, 0.03, 0.01, 1e-3])
_NOISES = np.array([1e-4, 1e-2, 0.1, 1.0])
#: Of more results than these the latest are looked at.
_MOST_ROWS = 60


@dataclass(frozen=True)
class LinearRelation:
    r"""A linear relation of outcomes to what other levels come to at the same points.

    .. math::
        y = c + \sum_t \rho_t m_t(x) + \delta(x) + \varepsilon, \qquad
        \delta \sim \mathcal{GP}(0, v k_\ell), \quad \rho_t \sim \mathcal N(0, 1 / T), \quad
        c \sim \mathcal N(0, 1)

    on standardised `y` and `m_t`; `k` is Matern's of smoothness 5/2, and lengthscale, variance and noise are
    averaged over a grid. Nothing is fitted: a factor that explains few results by chance pays for its
    freedom, as it does not where it is the one that suits them best.

    Args:
        evidence: the logarithm of the Bayes factor against `rho = 0`, in nats; 0 where too few results are
            known, or the other levels are constant.
        factors: `T` posterior means of the `rho`, in the units of `y` and `m`.

    Source: Kass and Raftery, "Bayes factors", Journal of the American Statistical Association 90 (1995).
    """

    evidence: float
    factors: np.ndarray

    @classmethod
    def of(cls, X: np.ndarray, y: np.ndarray, others: np.ndarray, categories: list[int]) -> LinearRelation:
        """What the results say.

        Args:
            X: `n x d` points in the unit cube.
            y: `n` outcomes there.
            others: `n x T`, what each other level comes to there.
            categories: the integer-coded columns.
        """
        X, y, others = X[-_MOST_ROWS:], y[-_MOST_ROWS:], others[-_MOST_ROWS:]
        factors = np.zeros(others.shape[1])
        if len(y) < 3 or not y.std() > 0.0:
            return cls(0.0, factors)
        deviations = others.std(axis=0, ddof=1)
        varying = deviations > 1e-9 * np.abs(others).max(axis=0)
        if not varying.any():
            return cls(0.0, factors)
        outcomes, basis = _standardised(y[:, None]), _standardised(others[:, varying])
        alone = _covariances(X, categories)
        basis_scale = 1.0 / basis.shape[1]
        related = alone + basis_scale * basis @ basis.T
        densities, solved = _densities(related, outcomes)
        without, _ = _densities(alone, outcomes)
        weights = np.exp(densities - logsumexp(densities))
        means = basis_scale * np.einsum("nt,gn->gt", basis, solved)
        factors[varying] = weights @ means * y.std(ddof=1) / deviations[varying]
        return cls(float(logsumexp(densities) - logsumexp(without)), factors)


def _standardised(columns: np.ndarray) -> np.ndarray:
    standard: np.ndarray = (columns - columns.mean(axis=0)) / columns.std(axis=0, ddof=1)
    return standard


def _covariances(X: np.ndarray, categories: list[int]) -> np.ndarray:
    """Those of the outcomes (`g x n x n`) at each point of the grid."""
    differences = np.abs(X[:, None, :] - X[None, :, :])
    differences[..., categories] = differences[..., categories] > 0.0
    distance = np.sqrt(np.square(differences).mean(axis=-1))
    scaled = np.sqrt(5.0) * distance / _LENGTHSCALES[:, None, None]
    correlation = (1.0 + scaled + scaled**2 / 3.0) * np.exp(-scaled)
    shape = (len(_LENGTHSCALES), len(_VARIANCES), len(_NOISES), len(X), len(X))
    process = _VARIANCES[:, None, None, None] * correlation[:, None, None]
    noise = _NOISES[:, None, None] * np.eye(len(X))
    return np.broadcast_to(process + noise + 1.0, shape).reshape(-1, len(X), len(X))


def _densities(covariances: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The log densities (`g`) of outcomes (`n x 1`) but for a constant, and `K^{-1} y` (`g x n`)."""
    factors = np.linalg.cholesky(covariances)
    solved = np.linalg.solve(covariances, np.broadcast_to(y, (len(factors), *y.shape)))[..., 0]
    determinants = np.log(np.einsum("gii->gi", factors)).sum(axis=-1)
    return -0.5 * solved @ y[:, 0] - determinants, solved
