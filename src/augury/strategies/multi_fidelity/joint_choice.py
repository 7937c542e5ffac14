"""A point and its version chosen together, by an acquisition over both."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from augury.acquisition.base import Acquisition
from augury.acquisition.constrained import ConstrainedAcquisition
from augury.acquisition.moments import is_gaussian
from augury.acquisition.registry import FIDELITY_ACQUISITIONS, MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS
from augury.acquisition.search import maximize
from augury.acquisition.version_situation import PointFirst, VersionSituation
from augury.errors import NotSupportedError
from augury.space.fidelity import Fidelity
from augury.space.observations import Observations
from augury.space.pareto import reference_point
from augury.strategies.decision import Decision


def is_joint(acquisition: Any) -> bool:
    """Whether it names an acquisition over points and versions."""
    if not isinstance(acquisition, str) or acquisition == "auto":
        return False
    return acquisition in FIDELITY_ACQUISITIONS or acquisition in MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS


def jointly_best(
    name: str,
    decision: Decision,
    fidelity: Fidelity,
    levels: np.ndarray,
    n: int,
    busy: np.ndarray,
    known: np.ndarray | None = None,
    observations: Observations | None = None,
) -> np.ndarray:
    """Up to n points (`n x d`), each in the version in which the acquisition is largest.

    Points of the batch, and those under evaluation, are taken to come out as the models expect.

    Args:
        name: in `FIDELITY_ACQUISITIONS`, or for several objectives in
            `MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS`.
        decision: about the target version; its models have learnt from all versions.
        fidelity: of the space.
        levels: `t` encoded versions that the models know.
        n: how many.
        busy: `p x d` points under evaluation, in any version.
        known: `N x d` points that are not evaluated again in their version, in a finite space.
        observations: results of all versions; those of the target when None.

    Raises:
        NotSupportedError: a surrogate whose posterior is not Gaussian.
    """
    columns = decision.goals.objective_columns
    models = [decision.models.models[column] for column in columns]
    for model in models:
        if not is_gaussian(model):
            raise NotSupportedError(
                f"acquisition={name!r} needs a Gaussian surrogate, and {type(model).__name__} is none; leave "
                "the acquisition at 'auto'"
            )
    models = [_believing(model, busy) for model in models]
    X, taken = np.empty((0, decision.space.dim)), known
    for index in range(n):
        running = np.concatenate([busy, X])
        x = _best(
            name, decision, fidelity, models, levels, taken, observations, running, decision.seed + index
        )
        X, models = np.concatenate([X, x]), [_believing(model, x) for model in models]
        taken = None if taken is None else np.concatenate([taken, x])
    return X


def _best(
    name: str,
    decision: Decision,
    fidelity: Fidelity,
    models: list[Any],
    levels: np.ndarray,
    taken: np.ndarray | None,
    observations: Observations | None,
    running: np.ndarray,
    seed: int,
) -> np.ndarray:
    """The best point (`1 x d`) in its version."""

    def best_of(acquisition: Acquisition, level: float) -> Any:
        avoid = None if taken is None else _in_version(taken, fidelity, level)
        return maximize(acquisition, decision.space, incumbents=decision.incumbents, avoid=avoid, seed=seed)

    if not decision.competing.any():
        found = best_of(ConstrainedAcquisition(None, decision.chances()), fidelity.target)
        return fidelity.at(found.x[None], fidelity.target)
    several = len(models) > 1
    registry = MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS if several else FIDELITY_ACQUISITIONS
    part = registry.load(name)(version_situation(decision, fidelity, models, levels, observations, running))
    if isinstance(part, PointFirst):
        x = best_of(part.points, fidelity.target).x
        return fidelity.at(x[None], part.version(x))
    found = [best_of(part.acquisition(float(level)), float(level)) for level in levels]
    best = int(np.argmax([one.value for one in found]))
    return fidelity.at(found[best].x[None], levels[best])


def version_situation(
    decision: Decision,
    fidelity: Fidelity,
    models: list[Any],
    levels: np.ndarray,
    observations: Observations | None,
    running: np.ndarray,
) -> VersionSituation:
    """What an acquisition over points and versions is built from; the arguments are those of
    `jointly_best`, the models believing what is under evaluation (`running`), which counts as measured."""
    everything = decision.observations if observations is None else observations
    all_values = decision.goals.objective_values(everything.Y)
    measured = everything.complete & np.isfinite(all_values).all(axis=1)
    values = decision.objectives[decision.competing]
    several = len(models) > 1
    reference = reference_point(values, decision.goals.thresholds) if several else np.empty(0)
    believed = np.stack([_mean(model, running) for model in models], axis=1) * decision.goals.objective_signs
    in_target = fidelity.at_target(running)
    costs = fidelity.cost(fidelity.at(np.zeros((len(levels), decision.space.dim)), levels))
    return VersionSituation(
        models=models,
        signs=np.asarray(decision.goals.objective_signs, dtype=np.float64),
        observed=np.concatenate([decision.observations.X[decision.competing], running[in_target]]),
        values=np.concatenate([values, believed[in_target]]),
        everywhere=np.concatenate([everything.X[measured], running]),
        all_values=np.concatenate([all_values[measured], believed]),
        reference=reference,
        space=decision.space,
        column=fidelity.column,
        target=fidelity.target,
        levels=levels,
        costs=costs / fidelity.target_cost,
        constraints=decision.chances(),
        seed=decision.seed,
    )


def _in_version(X: np.ndarray, fidelity: Fidelity, level: float) -> np.ndarray:
    """The points (`N x d`) of one version, as the space of the target has them."""
    return fidelity.at(X[np.abs(X[:, fidelity.column] - level) < 1e-9], fidelity.target)


def _believing(model: Any, X: np.ndarray) -> Any:
    """The model given its own mean at points (`p x d`): their uncertainty is gone."""
    if not len(X) or "condition" not in getattr(model, "capabilities", ()):
        return model
    points = torch.from_numpy(np.ascontiguousarray(X))
    return model.condition_on_observations(points, torch.from_numpy(_mean(model, X))[:, None])


def _mean(model: Any, X: np.ndarray) -> np.ndarray:
    """The posterior mean (`p`) at points (`p x d`)."""
    if not len(X):
        return np.empty(0)
    with torch.no_grad():
        mean: np.ndarray = model.posterior(torch.from_numpy(np.ascontiguousarray(X))).mean[:, 0].numpy()
    return mean
