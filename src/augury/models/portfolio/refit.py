"""Training again on part of the rows, from the hyperparameters of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

import torch
from torch import Tensor

from augury.models.build import fit_model
from augury.models.exact.ascent import climb_from
from augury.models.exact.model import ExactModel
from augury.models.scale_mixture.likelihood import ScaleMixtureLikelihood
from augury.models.scale_mixture.model import ScaleMixtureModel


@singledispatch
def refit(model: Any, found: Mapping[str, Tensor], seed: int) -> Any:
    """The model, trained: from scratch, or where it has few hyperparameters by one ascent from those found.

    A fit of all rows has compared its modes already; without some rows the same mode is climbed anew.

    Args:
        model: not fit yet, of part of the rows.
        found: `hyperparameters()` of the fit to all rows.
        seed: of a training from scratch.
    """
    return fit_model(model, seed=seed)


@refit.register(ExactModel)
def _exact(model: ExactModel, found: Mapping[str, Tensor], seed: int) -> Any:
    if not _fits(found, "theta", model.theta) or not model.theta.shape[-1]:
        return fit_model(model, seed=seed)
    rows = [
        torch.from_numpy(climb_from(outcome.unfitted().likelihood(), start[None])[0])
        for outcome, start in zip(model.regressions.outcomes, found["theta"].numpy(), strict=True)
    ]
    model.load_state_dict({**model.state_dict(), "theta": torch.stack(rows)})
    return model


@refit.register(ScaleMixtureModel)
def _scale_mixture(model: ScaleMixtureModel, found: Mapping[str, Tensor], seed: int) -> Any:
    state = model.state_dict()
    keys = {"scale_theta": "scale_theta", "theta": "gaussian.theta"}
    if not all(_fits(found, name, state[key]) for name, key in keys.items()):
        return fit_model(model, seed=seed)
    outcomes = model.gaussian.regressions.unfitted().outcomes
    joint = ScaleMixtureLikelihood([outcome.likelihood() for outcome in outcomes], model.prior)
    start = torch.cat([found["scale_theta"], found["theta"].reshape(-1)]).numpy()
    own, parts = joint.split(climb_from(joint, start[None])[0])
    rows = torch.stack([torch.from_numpy(part.copy()) for part in parts])
    model.load_state_dict({**state, "scale_theta": torch.from_numpy(own.copy()), "gaussian.theta": rows})
    return model


def _fits(found: Mapping[str, Tensor], name: str, expected: Tensor) -> bool:
    given = found.get(name)
    return given is not None and given.shape == expected.shape and bool(torch.isfinite(given).all())
