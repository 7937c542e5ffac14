"""From `model=` to a surrogate."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from botorch.models import MixedSingleTaskGP, ModelList, SingleTaskGP

from augury.errors import InvalidInputError
from augury.models import GaussianProcess
from augury.models.build import build_model, fit_model
from augury.space.parameters import Categorical
from augury.space.space import Space
from tests.models.cases import mixed_points, outcomes, points


def build(model, space=None, Yvar=None):
    space = Space({"a": (0.0, 1.0), "b": (0.0, 2.0), "c": ["u", "v", "w"]}) if space is None else space
    X = mixed_points(12, 2, (3,))[:, : space.dim]
    return build_model(model, X, outcomes(X), Yvar, space)


@pytest.mark.parametrize("model", ["auto", "gp", GaussianProcess])
def test_a_name_or_a_class_knows_the_categories(model):
    built = build(model)
    assert isinstance(built, GaussianProcess)
    assert built._outcomes[0].covariance.features.categorical == (2,)


def test_descriptors_reach_the_model():
    import pandas as pd

    table = pd.DataFrame({"polarity": [0.1, 0.5, 2.0]}, index=["u", "v", "w"])
    space = Space({"a": (0.0, 1.0), "b": (0.0, 2.0), "c": Categorical(["u", "v", "w"], descriptors=table)})
    assert list(build("gp", space)._outcomes[0].covariance.features.descriptors) == [2]


@pytest.mark.parametrize("noisy", [False, True])
def test_models_of_botorch_are_built_by_their_own_arguments(noisy):
    Yvar = torch.full((12, 1), 0.01).double() if noisy else None
    mixed = build(MixedSingleTaskGP, Yvar=Yvar)
    assert isinstance(mixed, MixedSingleTaskGP)
    numeric = Space({"a": (0.0, 1.0), "b": (0.0, 2.0)})
    plain = build(SingleTaskGP, numeric, Yvar)
    noise = plain.likelihood.noise
    assert noise.shape == ((12,) if noisy else (1,))
    assert isinstance(build("gp", numeric), GaussianProcess)


def test_a_class_is_given_options_by_partial():
    model = partial(GaussianProcess, outcome_transform=None)
    built = build(model)
    assert isinstance(built, GaussianProcess)
    assert not hasattr(built, "outcome_transform")
    assert built._outcomes[0].covariance.features.categorical == (2,)
    with pytest.raises(InvalidInputError, match="dict is not a botorch Model class"):
        build(partial(dict, a=1))


def test_a_callable_gets_the_data_and_the_space():
    seen = []

    def model(X, Y, Yvar, space):
        seen.append((X.shape, Y.shape, Yvar, space.names))
        return SingleTaskGP(X, Y)

    assert isinstance(build(model), SingleTaskGP)
    assert seen == [((12, 3), (12, 1), None, ["a", "b", "c"])]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("random forest", "no model called 'random forest'.*'gp'"),
        (3, "given int"),
        (None, "given NoneType"),
        (dict, "dict is not a botorch Model"),
        (lambda X, Y, Yvar, space: "text", "returned str"),
    ],
)
def test_what_is_no_model_is_refused(model, message):
    with pytest.raises(InvalidInputError, match=message):
        build(model)


def test_botorchs_own_models_are_trained():
    X = points(12, 2)
    Y = outcomes(X)
    model = build_model(SingleTaskGP, X, Y, None, Space({"a": (0.0, 1.0), "b": (0.0, 1.0)}))
    before = model.covar_module.lengthscale.detach().clone()
    assert fit_model(model) is model
    assert not torch.equal(model.covar_module.lengthscale, before)


def test_a_model_that_cannot_be_trained_is_taken_as_it_is():
    model = ModelList()
    assert fit_model(model) is model
