"""MOMF: the fidelity as one more objective, so that cheap versions count for little and cost little."""

from __future__ import annotations

from typing import Any

import numpy as np

from augury.acquisition.hypervolume import LogNoisyExpectedHypervolumeImprovement
from augury.acquisition.version_situation import InVersion, VersionSituation, constrained

#: How sure the trust in a version is: not at all doubted, but a deviation of 0 has no logarithm; and by how
#: much the front's trust is above it, so that a version does not gain by its own.
_CERTAIN, _ABOVE = 1e-10, 1e-7
#: The trust in the cheapest version; that in the target is 1, the reference is 0.
_LEAST_TRUST = 0.5


class _TrustModel:
    """The trust in the version of a point, as a model that is sure of it.

    Args:
        trust: of the one version that is evaluated.
    """

    capabilities = frozenset({"gaussian"})

    def __init__(self, trust: float) -> None:
        self.trust = trust

    def cross_posterior(self, Z: np.ndarray | None = None) -> Any:
        """Its moments: constant."""
        return self

    def __call__(self, X: np.ndarray, *, gradient: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return np.full(len(X), self.trust), np.full(len(X), _CERTAIN**2), np.empty((len(X), 0))

    def pullback(self, mean: np.ndarray, variance: np.ndarray, covariance: np.ndarray) -> float:
        """0: it is the same everywhere."""
        return 0.0


class MOMF:
    r"""The expected hypervolume improvement of the objectives and the trust in the version, per cost.

    .. math::
        \log \mathrm{EHVI}\big((y_t(x), \tau_t);\ \{(y_i, \tau_{t_i})\}\big) - \log c_t

    over the front of all results, in whatever version. The trust `tau` is 1 for the target and lower for
    cheaper versions (by rank, down to 1/2 for the cheapest), its reference 0: with the target alone it is the
    expected hypervolume improvement.

    Args:
        situation: of several objectives, whose surrogates are Gaussian.

    Source: Irshad, Karsch and Doepp (2024), "Leveraging trust for joint multi-objective and multi-fidelity
    optimization", Machine Learning: Science and Technology 5; in closed form here, BoTorch's `MOMF` by draws.
    """

    def __init__(self, situation: VersionSituation) -> None:
        self.situation = situation
        self.trusts = trust_of(situation)
        nearest = np.abs(situation.everywhere[:, situation.column, None] - situation.levels).argmin(axis=1)
        self._front = np.column_stack([situation.all_values, self.trusts[nearest] + _ABOVE])

    def acquisition(self, level: float) -> Any:
        """Of points in one version."""
        situation = self.situation
        index = int(np.abs(situation.levels - level).argmin())
        gain = LogNoisyExpectedHypervolumeImprovement(
            [*situation.models, _TrustModel(float(self.trusts[index]))],
            np.append(situation.signs, 1.0),
            np.append(situation.reference, 0.0),
            front=self._front,
        )
        per_cost = InVersion(gain, situation.column, level, -float(np.log(situation.costs[index])))
        return constrained(situation, per_cost)


def trust_of(situation: VersionSituation) -> np.ndarray:
    """`t` trusts in the versions: 1 in the target, 1/2 in the cheapest, evenly by the order of costs."""
    is_target = np.abs(situation.levels - situation.target) < 1e-9
    order = np.lexsort([situation.costs, is_target])
    trusts = np.empty(len(order))
    trusts[order] = np.linspace(_LEAST_TRUST, 1.0, len(order)) if len(order) > 1 else 1.0
    return trusts
