"""Names that strategies are given: known, of other packages, or refused with all that there are."""

from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

import augury.registry
from augury.acquisition.registry import ACQUISITIONS
from augury.errors import InvalidInputError
from augury.models.registry import MODELS
from augury.strategies import BayesianOptimization
from augury.strategies.choices import check_choice


def test_what_is_built_in_is_known_without_asking_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise AssertionError("the installed packages were searched")

    monkeypatch.setattr(augury.registry, "entry_points", refuse)
    BayesianOptimization(model="gp", acquisition="log-ei")
    BayesianOptimization()
    check_choice("model", object(), [], MODELS)  # a class or a function is not a name


def test_what_another_package_brings_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = EntryPoints([EntryPoint("theirs", "package:Model", "augury.models")])
    monkeypatch.setattr(augury.registry, "entry_points", theirs.select)
    BayesianOptimization(model="theirs")
    with pytest.raises(InvalidInputError, match="'theirs'; choose one of 'auto', 'log-ei'"):
        check_choice("acquisition", "theirs", ["auto"], ACQUISITIONS)
