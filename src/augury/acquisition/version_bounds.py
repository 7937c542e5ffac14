"""Multi-fidelity upper confidence bounds: MF-GP-UCB, BOCA, and the two-step rules beside them."""

from __future__ import annotations

import numpy as np
import torch

from augury.acquisition.analytic import UpperConfidenceBound
from augury.acquisition.base import Acquisition
from augury.acquisition.moments import Moments, moments_of
from augury.acquisition.situation import log_ei, ucb
from augury.acquisition.version_situation import InVersion, VersionSituation, constrained

_BETA = 4.0  # two standard deviations, as those of `ucb`
#: Below this share of the outcomes' deviation a version is known well enough.
_KNOWN = 0.1


class LowestBound:
    r"""The tightest of the upper bounds that the versions set on the target.

    .. math::
        \varphi(x) = \min_t \left[\pm\mu_t(x) + \sqrt{\beta}\, s_t(x) + \zeta_t\right]

    Args:
        bounds: one acquisition for each version.
    """

    def __init__(self, bounds: list[InVersion]) -> None:
        self.bounds = bounds

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        return np.asarray(np.min([bound.value(X) for bound in self.bounds], axis=0))

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`)."""
        pairs = [bound.value_gradient(X) for bound in self.bounds]
        lowest = np.argmin([value for value, _ in pairs], axis=0)
        rows = np.arange(len(X))
        values, gradients = (np.stack(part)[lowest, rows] for part in zip(*pairs, strict=True))
        return values, gradients


class _Steps:
    """A point by an acquisition of the target, then the cheapest version that may still tell of it."""

    def __init__(self, situation: VersionSituation, points: Acquisition) -> None:
        self.situation, self.points = situation, points
        self.moments: Moments = moments_of(situation.models[0])
        cheap = np.abs(situation.levels - situation.target) > 1e-9
        order = np.argsort(situation.costs[cheap], kind="stable")
        self.cheap = situation.levels[cheap][order]

    def version(self, x: np.ndarray) -> float:
        """The cheapest version that is worth evaluating at a point (`d`), the target where none is."""
        for level in self.cheap:
            if self.is_worth(x, float(level), self.deviation(x, float(level))):
                return float(level)
        return self.situation.target

    def deviation(self, x: np.ndarray, level: float) -> float:
        """The standard deviation of the version at the point."""
        return float(np.sqrt(self.moments(self.situation.at(x[None], level))[1][0]))

    def is_worth(self, x: np.ndarray, level: float, deviation: float) -> bool:
        """Whether a result of the version would still tell enough there."""
        raise NotImplementedError


class MultiFidelityUCB(_Steps):
    r"""MF-GP-UCB: the point where the tightest bound is largest, in the cheapest version not known there.

    .. math::
        x = \operatorname{argmax} \varphi(x), \qquad
        t = \min\{t : \sqrt{\beta}\, s_t(x) \ge \gamma_t\} \text{ or } T, \qquad
        \gamma_t = \zeta_t \sqrt{c_t / c_{t+1}}

    The bound `zeta_t` of how far the version is from the target is given, or taken from the posterior means
    at the evaluated points.

    Args:
        situation: of one objective.
        zeta: `t`, in the outcome's units, of each of `situation.levels`; that of the target is taken for 0.

    Source: Kandasamy, Dasarathy, Oliva, Schneider and Poczos (2016), "Gaussian process bandit optimisation
    with multi-fidelity evaluations", eq. 4 and 5.
    """

    def __init__(self, situation: VersionSituation, zeta: np.ndarray | None = None) -> None:
        zeta = _distances(situation) if zeta is None else np.asarray(zeta, dtype=np.float64)
        zeta = np.where(np.abs(situation.levels - situation.target) < 1e-9, 0.0, zeta)
        bound = UpperConfidenceBound(situation.models[0], _BETA, situation.maximize)
        bounds = [
            InVersion(bound, situation.column, float(level), float(shift))
            for level, shift in zip(situation.levels, zeta, strict=True)
        ]
        super().__init__(situation, constrained(situation, LowestBound(bounds), situation.scale))
        self.zeta = dict(zip(situation.levels.tolist(), zeta.tolist(), strict=True))

    def is_worth(self, x: np.ndarray, level: float, deviation: float) -> bool:
        """See the class."""
        cost = self.situation.cost(level)
        dearer = [other for other in self.situation.costs if other > cost]
        gamma = self.zeta[level] * (cost / min(dearer, default=cost)) ** 0.5
        return bool(_BETA**0.5 * deviation >= gamma and deviation > _KNOWN * self.situation.scale)


class BOCA(_Steps):
    r"""BOCA: the point by the upper confidence bound of the target, in the cheapest version that tells of it.

    .. math::
        t = \operatorname{argmin} c_t \text{ of } s_t(x) > \gamma_t
        = \sqrt{\kappa_0}\, \xi_t \left(\frac{c_t}{c_T}\right)^{\frac{1}{d + 3}}, \quad
        \xi_t > \frac{\max \xi}{\sqrt\beta}, \text{ or } T,

    with the outcomes' standard deviation for the scale `sqrt(kappa_0)` and the information gap `xi_t =
    sqrt(1 - corr^2)` of the version and the target at the point; the posterior's, where the original takes
    the prior's, so that it is defined for every surrogate. Without a gap it is the upper confidence bound.

    Args:
        situation: of one objective.

    Source: Kandasamy, Dasarathy, Schneider and Poczos (2017), "Multi-fidelity Bayesian optimisation with
    continuous approximations", eq. 5.
    """

    def __init__(self, situation: VersionSituation) -> None:
        super().__init__(situation, ucb(situation.of_target()))

    def version(self, x: np.ndarray) -> float:
        """See the class."""
        self._gaps = {float(level): self.gap(x, float(level)) for level in self.cheap}
        return super().version(x)

    def gap(self, x: np.ndarray, level: float) -> float:
        """`xi_t` at a point (`d`)."""
        situation = self.situation
        pair = np.concatenate([situation.at(x[None], level), situation.at(x[None], situation.target)])
        with torch.no_grad():
            posterior = situation.models[0].posterior(torch.from_numpy(pair))
            covariance = posterior.distribution.covariance_matrix.numpy()
        squared = covariance[0, 1] ** 2 / max(covariance[0, 0] * covariance[1, 1], 1e-300)
        return float(np.sqrt(max(1.0 - squared, 0.0)))

    def is_worth(self, x: np.ndarray, level: float, deviation: float) -> bool:
        """See the class."""
        exponent = 1.0 / (self.situation.space.dim - 1 + 3)
        gap, widest = self._gaps[level], max(self._gaps.values())
        gamma = self.situation.scale * gap * self.situation.cost(level) ** exponent
        return bool(deviation > gamma and gap > widest / _BETA**0.5)


class Threshold(_Steps):
    """Expected improvement of the target, in the cheapest version whose deviation there is above a share.

    Args:
        situation: of one objective.

    Source: the two-step rules of Do and Zhang (2023), arXiv:2311.13050.
    """

    def __init__(self, situation: VersionSituation) -> None:
        super().__init__(situation, log_ei(situation.of_target()))

    def is_worth(self, x: np.ndarray, level: float, deviation: float) -> bool:
        """Whether the version's standard deviation is above a tenth of that of the outcomes."""
        return deviation > _KNOWN * self.situation.scale


class VarianceReduction(_Steps):
    r"""Expected improvement of the target, in the version that lowers its variance there most per cost.

    .. math::
        t = \operatorname{argmax} \frac{\operatorname{cov}(f_t(x), f_T(x))^2}{(s_t^2(x) + \sigma^2)\, c_t}

    Args:
        situation: of one objective.

    Source: as `Threshold`.
    """

    def __init__(self, situation: VersionSituation) -> None:
        super().__init__(situation, log_ei(situation.of_target()))

    def version(self, x: np.ndarray) -> float:
        """See the class."""
        situation, model = self.situation, self.situation.models[0]
        points = np.concatenate([situation.at(x[None], float(level)) for level in situation.levels])
        target = int(np.abs(situation.levels - situation.target).argmin())
        with torch.no_grad():
            posterior = model.posterior(torch.from_numpy(points))
            covariance = posterior.distribution.covariance_matrix.numpy()
        noise = float(model.noise_variance.mean()) if hasattr(model, "noise_variance") else 0.0
        lowered = covariance[target] ** 2 / (covariance.diagonal() + noise + 1e-300)
        return float(situation.levels[np.argmax(lowered / situation.costs)])


def _distances(situation: VersionSituation) -> np.ndarray:
    """`t` largest differences of the posterior means of each version and the target where something was
    evaluated."""
    moments = moments_of(situation.models[0])
    target = moments(situation.at(situation.everywhere, situation.target))[0]
    return np.array(
        [
            np.abs(moments(situation.at(situation.everywhere, float(level)))[0] - target).max()
            for level in situation.levels
        ]
    )
