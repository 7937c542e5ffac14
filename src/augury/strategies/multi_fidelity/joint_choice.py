"""A point and its version chosen together, by an acquisition over both."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from augury.acquisition.base import Acquisition
from augury.acquisition.constrained import ConstrainedAcquisition
from augury.acquisition.max_value_entropy import draw_best_values
from augury.acquisition.moments import is_gaussian
from augury.acquisition.search import maximize
from augury.acquisition.versions import VERSION_ACQUISITIONS, version_acquisition
from augury.errors import NotSupportedError
from augury.space.fidelity import Fidelity
from augury.space.sampling import sobol
from augury.strategies.decision import Decision

_CANDIDATES = 256  # among which draws of the best value are taken


def jointly_best(
    name: str,
    decision: Decision,
    fidelity: Fidelity,
    levels: np.ndarray,
    n: int,
    busy: np.ndarray,
    known: np.ndarray | None = None,
) -> np.ndarray:
    """Up to n points (`n x d`), each in the version in which the acquisition is largest.

    Points of the batch, and those under evaluation, are taken to come out as the model expects.

    Args:
        name: in `VERSION_ACQUISITIONS`.
        decision: about the target version, one objective; its model has learnt from all versions.
        fidelity: of the space.
        levels: `t` encoded versions that the model knows.
        n: how many.
        busy: `p x d` points under evaluation, in any version.
        known: `N x d` points that are not evaluated again in their version, in a finite space.

    Raises:
        NotSupportedError: a surrogate whose posterior is not Gaussian.
    """
    model = decision.models.models[0]
    if not is_gaussian(model):
        raise NotSupportedError(
            f"acquisition={name!r} needs a Gaussian surrogate, and {type(model).__name__} is none; leave the "
            "acquisition at 'auto'"
        )
    model = _believing(model, busy)
    X, taken = np.empty((0, decision.space.dim)), known
    for index in range(n):
        candidates = [
            maximize(
                _acquisition(name, decision, fidelity, model, float(level)),
                decision.space,
                incumbents=decision.incumbents,
                avoid=None if taken is None else _in_version(taken, fidelity, float(level)),
                seed=decision.seed + index,
            )
            for level in levels
        ]
        best = int(np.argmax([found.value for found in candidates]))
        x = fidelity.at(candidates[best].x[None], levels[best])
        X, model = np.concatenate([X, x]), _believing(model, x)
        taken = None if taken is None else np.concatenate([taken, x])
    return X


def _acquisition(name: str, decision: Decision, fidelity: Fidelity, model: Any, level: float) -> Acquisition:
    chances = decision.chances()
    if not decision.competing.any():
        return ConstrainedAcquisition(None, chances)
    sign = float(decision.goals.objective_signs[0])
    values = decision.objectives[decision.competing, 0]
    best: Any = float(values.max())
    if name == "mf-mes":
        points = np.concatenate([sobol(decision.space, _CANDIDATES, seed=decision.seed), decision.incumbents])
        maxima = draw_best_values(
            model, points, maximize=sign > 0, margin=1e-3 * (float(values.std()) or 1.0), seed=decision.seed
        )
        best = torch.from_numpy(sign * maxima)
    cost = fidelity.cost(fidelity.at(np.zeros((1, decision.space.dim)), level))[0] / fidelity.target_cost
    acquisition = version_acquisition(
        VERSION_ACQUISITIONS[name],
        model,
        best,
        column=fidelity.column,
        level=level,
        target=fidelity.target,
        cost=float(cost),
        maximize=sign > 0,
    )
    return ConstrainedAcquisition(acquisition, chances) if chances else acquisition


def _in_version(X: np.ndarray, fidelity: Fidelity, level: float) -> np.ndarray:
    """The points (`N x d`) of one version, as the space of the target has them."""
    return fidelity.at(X[np.abs(X[:, fidelity.column] - level) < 1e-9], fidelity.target)


def _believing(model: Any, X: np.ndarray) -> Any:
    """The model given its own mean at points (`p x d`): their uncertainty is gone."""
    if not len(X) or "condition" not in getattr(model, "capabilities", ()):
        return model
    points = torch.from_numpy(np.ascontiguousarray(X))
    with torch.no_grad():
        mean = model.posterior(points).mean
    return model.condition_on_observations(points, mean)
