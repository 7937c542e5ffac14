"""Which version of a chosen point to evaluate."""

from __future__ import annotations

import numpy as np

from augury.acquisition.enumeration import is_among
from augury.space.fidelity import Fidelity
from augury.strategies.multi_fidelity.version_models import VersionModels

#: A version that would tell less than this share of the target's variance is not worth a step.
LEAST_SHARE = 0.1
#: So many times as much per cost must a version tell to be evaluated in place of the target: what the models
#: expect of it is less sure than what the target tells of itself.
ADVANTAGE = 2.0


def most_told_per_cost(
    models: VersionModels,
    fidelity: Fidelity,
    levels: np.ndarray,
    X: np.ndarray,
    known: np.ndarray,
    *,
    least: float = LEAST_SHARE,
) -> np.ndarray:
    """For each point the version whose result would tell most of the target there, per cost.

    The second step of the two-step rule: the point is where the target promises most, and a cheap version is
    evaluated there as long as it has much to tell of it. Once it has been, what is left is told by the target
    only; a version without relation to the target tells nothing anywhere.

    Args:
        models: of all versions.
        fidelity: of the space.
        levels: `t` encoded versions that the models know, the target among them.
        X: `n x d` points.
        known: `N x d` points evaluated or under evaluation, which are not evaluated again.
        least: smallest share (see `VersionModels.share`) for which a version other than the target is
            evaluated.

    Returns:
        `n` encoded versions.
    """
    itself = np.abs(levels - fidelity.target) < 1e-9
    worth = np.where(itself, ADVANTAGE, 1.0)
    costs = fidelity.cost(fidelity.at(np.zeros((len(levels), X.shape[1])), levels))
    chosen = []
    for x in X:
        shares = models.share(fidelity, x, levels)
        candidates = fidelity.at(np.tile(x, (len(levels), 1)), levels)
        allowed = itself | ((shares >= least) & ~is_among(candidates, known))
        chosen.append(levels[np.argmax(np.where(allowed, shares / costs * worth, -np.inf))])
    return np.array(chosen, dtype=np.float64)
