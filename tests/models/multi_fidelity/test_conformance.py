"""The conformance suite over models without levels, and over those of two, predicted at the truth."""

from __future__ import annotations

import pytest
import torch

from augury.models import (
    NARGP,
    CoKriging,
    HierarchicalKriging,
    LatentSourceGaussianProcess,
    MultiSourceGaussianProcess,
    MultiTaskGaussianProcess,
    RecursiveCoKriging,
    SpaceMapping,
    StepwiseCoKriging,
)
from augury.models.multi_fidelity.joint_levels import JointLevels
from augury.models.training_data import check_training_data
from augury.testing import MODEL_CHECKS
from tests.models.multi_fidelity.cases import at

# They look at the training inputs, which have a level here; one row of the truth is refused.
EXCEPT = {"remembers_its_training_inputs", "is_constructed_from_a_dataset", "copes_with_one_row"}
CHECKS = [check for check in MODEL_CHECKS if check.__name__ not in EXCEPT]

MAPPED = {
    "is_differentiable",
    "gaussian_moments_agree_with_the_posterior",
    "takes_categories",
}


def of_two_levels(model_class, **options):
    """The model whose rows are of the truth, with a cheap level at the same points."""

    class Truth(model_class):
        def __init__(self, train_X, train_Y, train_Yvar=None, categorical_features=None):
            X, Y, Yvar = check_training_data(train_X, train_Y, train_Yvar)
            table = torch.cat([at(X, 0), at(X, 1)])
            outcomes = torch.cat([0.5 * Y + 0.5 * Y.mean(0), Y])
            noise = None if Yvar is None else torch.cat([Yvar, Yvar])
            super().__init__(table, outcomes, noise, categorical_features, fidelity_features=[-1], **options)

        def posterior(self, X, *arguments, **named):
            inner = X.shape[-1] == self._train_X.shape[-1]  # from the posterior of another subset
            return super().posterior(X if inner else at(X, 1), *arguments, **named)

        def condition_on_observations(self, X, Y, noise=None, **named):
            level = X if X.shape[-1] == self._train_X.shape[-1] else at(X, 1)
            return super().condition_on_observations(level, Y, noise, **named)

    if issubclass(model_class, (JointLevels, StepwiseCoKriging)):

        def mean_variance(self, X):
            return model_class.mean_variance(self, at(X, 1))

        def mean_variance_gradient(self, X):
            *moments, by_mean, by_variance = model_class.mean_variance_gradient(self, at(X, 1))
            return *moments, by_mean[:, :-1], by_variance[:, :-1]

        Truth.mean_variance, Truth.mean_variance_gradient = mean_variance, mean_variance_gradient
    return Truth


FACTORIES = {
    "co-kriging": of_two_levels(CoKriging),
    "stepwise-co-kriging": of_two_levels(StepwiseCoKriging),
    "recursive-co-kriging": of_two_levels(RecursiveCoKriging, nested=True),
    "hierarchical-kriging": of_two_levels(HierarchicalKriging),
    "space-mapping": of_two_levels(SpaceMapping),
    "nargp": of_two_levels(NARGP, num_samples=16, num_restarts=0),
}


WITHOUT_LEVELS = {
    model_class.__name__: model_class
    for model_class in (
        CoKriging,
        RecursiveCoKriging,
        StepwiseCoKriging,
        HierarchicalKriging,
        NARGP,
        MultiTaskGaussianProcess,
        MultiSourceGaussianProcess,
        LatentSourceGaussianProcess,
        SpaceMapping,
    )
}


@pytest.mark.filterwarnings("ignore::linear_operator.utils.warnings.NumericalWarning")
@pytest.mark.filterwarnings("ignore:Negative variance values")
@pytest.mark.parametrize("name", WITHOUT_LEVELS)
@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_models_of_one_level_conform(check, name):
    check(WITHOUT_LEVELS[name])


@pytest.mark.filterwarnings("ignore::linear_operator.utils.warnings.NumericalWarning")
@pytest.mark.filterwarnings("ignore:Negative variance values")
@pytest.mark.parametrize(
    ("check", "name"),
    [
        pytest.param(check, name, id=f"{check.__name__}-{name}")
        for check in CHECKS
        for name in FACTORIES
        # hierarchical kriging differs from the recursion in its predictions alone; the joint model takes data
        # as the Gaussian process does, and begins from what the recursion has made of them; so does the joint
        # model with maps, which is costlier to fit
        if name != "hierarchical-kriging" or check.__module__ == "augury.testing.model_predictions"
        if name != "co-kriging" or not check.__name__.startswith(("copes", "starts"))
        if name != "space-mapping" or check.__name__ in MAPPED
        if (name, check.__name__) != ("nargp", "takes_categories")  # refused, as test_levels says
    ],
)
def test_models_of_two_levels_conform(check, name):
    check(FACTORIES[name])
