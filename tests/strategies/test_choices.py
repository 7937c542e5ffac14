"""Names that strategies are given: known, of other packages, or refused with all that there are."""

from functools import partial
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

import augury.registry
from augury.acquisition.registry import ACQUISITIONS
from augury.errors import InvalidInputError
from augury.models.registry import MODELS
from augury.strategies import BayesianOptimization, TrustRegion
from augury.strategies.choices import check_choice, check_model


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


class Surrogate:
    """Looks like a Model class, and needs no torch."""

    def __init__(self, train_X: Any, train_Y: Any, depth: int = 3) -> None: ...

    def posterior(self, X: Any) -> None: ...


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (3, "given int"),
        (
            Surrogate(None, None),
            "a Surrogate object.*give the class Surrogate, with options by",
        ),
        (dict, "dict is not a botorch Model class"),
        (partial(Surrogate, width=2), r"options that it does not have \(width\).*train_X, train_Y, depth"),
        (
            lambda X, Y: None,
            r"a function of \(X, Y\); it is called with \(train_X, train_Y",
        ),
    ],
)
@pytest.mark.parametrize("strategy", [BayesianOptimization, TrustRegion])
def test_what_is_no_model_is_refused_where_it_is_given(strategy: Any, model: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        strategy(model=model)


@pytest.mark.parametrize("model", [Surrogate, partial(Surrogate, depth=2), lambda *data: None, print])
def test_what_may_make_a_model_is_taken(model: Any) -> None:
    check_model(model)


@pytest.mark.parametrize(
    ("acquisition", "message"),
    [
        (5, "given int"),
        (None, "given NoneType"),
        (lambda model, best: None, "acquisition=<lambda> cannot be called with the situation alone"),
    ],
)
def test_what_is_no_acquisition_is_refused_where_it_is_given(acquisition: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        BayesianOptimization(acquisition=acquisition)
