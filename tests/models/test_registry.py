"""Models by name."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
import torch
from botorch.models import SingleTaskGP
from botorch.models.model import Model

from augury import registry
from augury.errors import InvalidInputError
from augury.models import GaussianProcess
from augury.models.build import build_model
from augury.models.registry import MODELS
from augury.space import Space


def test_the_default_is_the_gaussian_process():
    assert MODELS.load("gp") is GaussianProcess


@pytest.mark.parametrize("name", MODELS.names())
def test_every_name_stands_for_a_model(name):
    space = Space({"x": (0.0, 1.0), "kind": ["a", "b"]})
    X = torch.tensor([[0.1, 0.0], [0.4, 1.0], [0.9, 1.0]], dtype=torch.float64)
    model = build_model(name, X, X[:, :1] + X[:, 1:], None, space)
    assert isinstance(model, Model)
    assert model.num_outputs == 1


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
    assert MODELS.names()[0] == "gp"
    assert MODELS.names()[-1] == "theirs"
    assert MODELS.load("theirs") is SingleTaskGP
    assert MODELS.load("gp") is GaussianProcess  # those shipped here win
