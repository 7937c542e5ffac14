"""The chance that an evaluation succeeds, learnt from those that have failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from augury.models.feasibility import FeasibilityModel

if TYPE_CHECKING:
    from augury.space.observations import Observations
    from augury.space.space import Space


def success_model(space: Space, observations: Observations) -> FeasibilityModel | None:
    """The model of the chance of success, once some evaluations have succeeded and some failed."""
    settled = observations.complete | observations.failed
    if not (observations.complete.any() and observations.failed.any()):
        return None
    return FeasibilityModel(
        torch.from_numpy(observations.X[settled]),
        torch.from_numpy(observations.complete[settled]),
        space.categorical_features,
        space.descriptors,
        space.conditions,
    ).fit()
