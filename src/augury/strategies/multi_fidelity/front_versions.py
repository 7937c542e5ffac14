"""Which version of a point to evaluate where several objectives are wanted."""

from __future__ import annotations

import numpy as np
import torch

from augury.acquisition.base import Acquisition
from augury.acquisition.batch import Conditional
from augury.acquisition.constrained import ConstrainedAcquisition
from augury.acquisition.enumeration import is_among
from augury.acquisition.hypervolume import LogNoisyExpectedHypervolumeImprovement
from augury.models.feasibility import FeasibilityModel
from augury.space.fidelity import Fidelity
from augury.strategies.decision import Decision
from augury.strategies.multi_fidelity.version_choice import most_told_per_cost
from augury.strategies.multi_fidelity.version_models import VersionModels

#: So many times the cost of a version must be spared by knowing its result before the target is evaluated.
_ADVANTAGE = 2.0


def spared_per_cost(
    models: VersionModels,
    decision: Decision,
    fidelity: Fidelity,
    levels: np.ndarray,
    X: np.ndarray,
    conditional: Conditional,
    known: np.ndarray,
) -> np.ndarray:
    r"""For each point the version that is worth its cost: a cheap one where it may spare the target's.

    Evaluating the target at `x` is worth the expected hypervolume improvement `H`, times the probability `p`
    that the evaluation succeeds; elsewhere about as much is to be had. A cheap result first tells whether to
    evaluate the target here or there:

    .. math::
        V_t(x) = \frac{p_t\, \mathrm E[\max(p_t' H_t', p H)] + (1 - p_t)\, p H}{p H} - 1,

    with `p_t` the probability that version `t` succeeds there, and `p_t'` and `H_t'` what the target's and
    the improvement are expected to be once it has (`FeasibilityModel.log_probability_given_success`,
    `LogNoisyExpectedHypervolumeImprovement.once_told`): a version that fails where the target does spares
    failures of the target, as far as the results say that it does. The cheap version of largest `V_t / c_t`
    is evaluated if `V_t` is more than twice its cost in units of the target's, else the target. Where the
    worth is no hypervolume (more objectives than that is computed for, a surrogate that is not Gaussian), the
    version that tells most per cost (`most_told_per_cost`).

    Args:
        models: of all versions.
        decision: about the target version.
        fidelity: of the space.
        levels: `t` encoded versions that the models know, the target among them.
        X: `n x d` points, chosen one beside the other.
        conditional: what `decision.beside` gives for the points under evaluation.
        known: `N x d` points evaluated or under evaluation, which are not evaluated again.

    Returns:
        `n` encoded versions.
    """
    columns = decision.goals.objective_columns
    cheap = levels[np.abs(levels - fidelity.target) > 1e-9]
    chosen = np.full(len(X), fidelity.target)
    if not len(cheap) or not any(models.informed.get(column) for column in columns):
        return chosen
    costs = fidelity.cost(fidelity.at(np.zeros((len(cheap), X.shape[1])), cheap)) / fidelity.target_cost
    for index, x in enumerate(X):
        front = _hypervolume(conditional(X[:index]))
        if front is None:
            return most_told_per_cost(models, fidelity, levels, X, known)
        shares = models.shares(fidelity, x, cheap, columns).T
        candidates = fidelity.at(np.tile(x, (len(cheap), 1)), cheap)
        chance, lift = _chances(decision.success, x, candidates)
        spared = _spared(front, x, shares, chance, lift, decision.seed + index)
        rate = np.where(is_among(candidates, known), -np.inf, spared / costs)
        best = int(np.argmax(rate))
        if rate[best] > _ADVANTAGE:
            chosen[index] = cheap[best]
    return chosen


def _chances(
    success: FeasibilityModel | None, x: np.ndarray, candidates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`p_t` and `p_t' / p` of each candidate (`t x d`), a version of `x` (`d`)."""
    if success is None:
        return np.ones(len(candidates)), np.ones(len(candidates))
    point, others = torch.from_numpy(x.copy()), torch.from_numpy(candidates)
    before = success.log_probability(point[None])
    after = success.log_probability_given_success(point, others)
    return success.log_probability(others).exp().numpy(), (after - before).exp().numpy()


def _spared(
    front: LogNoisyExpectedHypervolumeImprovement,
    x: np.ndarray,
    shares: np.ndarray,
    chance: np.ndarray,
    lift: np.ndarray,
    seed: int,
) -> np.ndarray:
    """`V_t` (`t`) of versions that tell these shares (`t x k`) of the objectives, by their `_chances`."""
    told = front.once_told(x, shares, seed=seed)
    ratio = np.exp(np.minimum(told - front.value(x[None])[0], 50.0))
    return np.asarray(chance * (np.maximum(lift[:, None] * ratio, 1.0).mean(axis=1) - 1.0))


def _hypervolume(acquisition: Acquisition) -> LogNoisyExpectedHypervolumeImprovement | None:
    """The improvement that an acquisition is made of, None where it is something else."""
    if isinstance(acquisition, ConstrainedAcquisition) and acquisition.objective is not None:
        acquisition = acquisition.objective
    return acquisition if isinstance(acquisition, LogNoisyExpectedHypervolumeImprovement) else None
