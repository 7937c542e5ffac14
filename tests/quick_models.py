"""Registered surrogates made quick for tests of the surfaces: the same classes with few samples and steps."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from typing import Any

import pytest
from torch import nn

from augury.models.build import build_model
from augury.models.registry import MODELS

# Options of inferences and trainings, whatever they belong to -> a value that takes milliseconds.
SMALL = {
    "num_samples": 6,
    "burn_in": 6,
    "num_chains": 2,
    "max_leapfrog": 3,
    "max_tree_depth": 2,
    "num_burn_in": 6,
    "num_steps": 12,
    "steps": 12,
    "num_epochs": 12,
    "max_iterations": 12,
    "num_members": 2,
    "members": 2,
    "num_cycles": 2,
    "cycle_length": 24,
    "keep_every": 1,
    "num_rounds": 1,
    "num_starts": 1,
    "warm_up": 6,
    "pretrain_steps": 6,
    "train_steps": 12,
}


@pytest.fixture
def quick_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replaces what `MODELS.load` gives by factories of shrunken models."""
    load = MODELS.load
    monkeypatch.setattr(MODELS, "load", lambda name: _shrunken(load(name)))
    monkeypatch.setattr("augury.models.matched_prior._ITERATIONS", 2)
    monkeypatch.setattr("augury.models.matched_prior._matched", {})


def _shrunken(part: Any) -> Callable[..., Any]:
    def factory(train_X: Any, train_Y: Any, train_Yvar: Any = None, space: Any = None) -> Any:
        if space is None:  # as a member of a portfolio
            model = part(train_X, train_Y, train_Yvar)
        else:
            model = build_model(part, train_X, train_Y, train_Yvar, space)
        _shrink(model)
        if hasattr(model, "inference"):
            model.inference = _shrink(model.inference)
        if getattr(model, "_prior", 0) is None:
            model._prior = 1.0  # not chosen by predictive score, which takes a fit for each candidate
        return model

    return factory


def _shrink(owner: Any) -> Any:
    owner = owner if isinstance(owner, nn.Module) else copy.copy(owner)  # others share an inference
    small = {name: value for name, value in SMALL.items() if isinstance(vars(owner).get(name), int)}
    if is_dataclass(owner) and not isinstance(owner, type):
        return replace(owner, **small)
    for name, value in small.items():
        setattr(owner, name, value)
    return owner
