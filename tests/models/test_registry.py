"""Models by name."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
from botorch.models import SingleTaskGP
from botorch.models.model import Model

from augury import registry
from augury.errors import InvalidInputError
from augury.models import GaussianProcess
from augury.models.registry import MODELS


def test_every_name_is_a_model_class():
    assert "gp" in MODELS.names()
    assert MODELS.load("gp") is GaussianProcess
    for name in MODELS.names():
        assert issubclass(MODELS.load(name), Model)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(InvalidInputError, match=r"no model called 'gaussian'.*'gp'"):
        MODELS.load("gaussian")


def test_another_package_can_register_a_model(monkeypatch):
    theirs = [
        EntryPoint("theirs", "botorch.models:SingleTaskGP", "augury.models"),
        EntryPoint("gp", "botorch.models:SingleTaskGP", "augury.models"),
    ]

    def entry_points(group, name=None):
        assert group == "augury.models"
        return [point for point in theirs if name in (None, point.name)]

    monkeypatch.setattr(registry, "entry_points", entry_points)
    assert MODELS.names() == ["gp", "theirs"]
    assert MODELS.load("theirs") is SingleTaskGP
    assert MODELS.load("gp") is GaussianProcess  # those shipped here win
