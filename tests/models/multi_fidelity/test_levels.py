"""What every model of several fidelities has in common: one unit, state, datasets, and what it refuses."""

from __future__ import annotations

import pytest
import torch
from botorch.acquisition.objective import ScalarizedPosteriorTransform
from botorch.models.transforms import Normalize, Standardize
from botorch.models.transforms.outcome import Log
from botorch.utils.datasets import SupervisedDataset

from augury.errors import InvalidInputError, NotSupportedError
from augury.models import NARGP, CoKriging, HierarchicalKriging, RecursiveCoKriging
from tests.models.multi_fidelity.cases import at, forrester_data, grid, three_levels

MODELS = [CoKriging, RecursiveCoKriging, HierarchicalKriging, NARGP]
every_model = pytest.mark.parametrize("model_class", MODELS)


def moments(model, X):
    posterior = model.posterior(X)
    return posterior.mean.detach(), posterior.variance.detach()


@every_model
def test_a_change_of_unit_changes_predictions_by_it(model_class):
    X, Y = three_levels((8, 5, 4))
    new = at(torch.rand(4, 2, generator=torch.Generator().manual_seed(0)).double(), 2)
    mean, variance = moments(model_class(X, Y, fidelity_features=[2]), new)
    shifted, scaled = moments(model_class(X, 100.0 * Y - 50.0, fidelity_features=[2]), new)
    torch.testing.assert_close(shifted, 100.0 * mean - 50.0)
    torch.testing.assert_close(scaled, 1e4 * variance)


@every_model
def test_all_levels_share_one_affine_map(model_class):
    X, Y = forrester_data()
    model = model_class(X, Y, fidelity_features=[1])
    torch.testing.assert_close(model._affine()[0], Y.mean(0))
    torch.testing.assert_close(model._affine()[1], Y.std(0))


@every_model
def test_several_outcomes_are_those_of_models_of_their_own(model_class):
    X, Y = forrester_data()
    both = torch.cat([Y, Y.square()], dim=1)
    model = model_class(X, both, fidelity_features=[1]).fit()
    new = at(grid(5), 1)
    mean, variance = moments(model, new)
    alone = model_class(X, both[:, :1], fidelity_features=[1]).fit()
    torch.testing.assert_close(mean[:, :1], moments(alone, new)[0], rtol=1e-6, atol=1e-6)
    for indices in ([1], [1, 0]):
        torch.testing.assert_close(model.posterior(new, output_indices=indices).mean, mean[:, indices])
    weights = torch.tensor([2.0, -1.0]).double()
    combined = model.posterior(new, posterior_transform=ScalarizedPosteriorTransform(weights))
    torch.testing.assert_close(combined.mean.reshape(-1), mean @ weights)
    torch.testing.assert_close(
        combined.variance.reshape(-1), variance @ weights.square(), rtol=1e-3, atol=1e-9
    )


@every_model
def test_the_state_gives_the_predictions_back(model_class):
    X, Y = forrester_data()
    model, other = (model_class(X, Y, fidelity_features=[1]) for _ in range(2))
    model.fit()
    other.load_state_dict(model.state_dict())
    new = at(grid(5), 1)
    for given, expected in zip(moments(other, new), moments(model, new), strict=True):
        torch.testing.assert_close(given, expected)
    warm = model_class(X, Y, fidelity_features=[1]).fit(model.hyperparameters())
    torch.testing.assert_close(moments(warm, new)[0], moments(model, new)[0], rtol=0, atol=0.1)


@every_model
def test_it_is_constructed_from_a_dataset_of_botorch(model_class):
    X, Y = forrester_data()
    data = SupervisedDataset(X, Y, feature_names=["x", "level"], outcome_names=["y"])
    model = model_class(**model_class.construct_inputs(data, fidelity_features=[1]))
    expected = model_class(X, Y, fidelity_features=[1])
    torch.testing.assert_close(model.posterior(at(grid(3), 1)).mean, expected.posterior(at(grid(3), 1)).mean)


@every_model
def test_two_fits_are_the_same_whatever_the_global_state(model_class):
    X, Y = forrester_data()
    found = []
    for seed in (1, 2):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            found.append(moments(model_class(X, Y, fidelity_features=[1]).fit(), at(grid(4), 1)))
    for first, second in zip(*found, strict=True):
        torch.testing.assert_close(first, second, rtol=0, atol=0)


@every_model
def test_inputs_may_be_transformed_but_not_the_levels(model_class):
    X, Y = forrester_data()
    scaled = X * torch.tensor([10.0, 1.0]).double()
    bounds = torch.tensor([[0.0, 0.0], [10.0, 1.0]]).double()
    inputs = Normalize(2, bounds=bounds, indices=[0])
    model = model_class(scaled, Y, fidelity_features=[1], input_transform=inputs)
    expected = model_class(X, Y, fidelity_features=[1])
    new = at(grid(3), 1)
    torch.testing.assert_close(
        model.posterior(new * torch.tensor([10.0, 1.0]).double()).mean, expected.posterior(new).mean
    )


@every_model
def test_a_cheap_level_that_is_constant_is_no_reason_to_fail(model_class):
    X, Y = forrester_data()
    Y[:11] = 3.0
    mean, variance = moments(model_class(X, Y, fidelity_features=[1]).fit(), at(grid(20), 1))
    assert bool(torch.isfinite(mean).all() and (variance > 0).all())


def changed(row, level):
    X, Y = forrester_data()
    X[row, 1] = level
    return X, Y


@every_model
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (changed(3, 0.5), "integer from 0 .cheapest. upwards; it holds 0.5"),
        (changed(3, -1.0), "it holds -1"),
        (changed([11, 12, 13, 14], 2.0), "no rows of level 1, but of level 2"),
        (changed([11, 12, 13], 0.0), "highest level, 1, has 1 row"),
    ],
)
def test_levels_that_are_none_are_refused(model_class, data, message):
    with pytest.raises(InvalidInputError, match=message):
        model_class(*data, fidelity_features=[1])


@every_model
@pytest.mark.parametrize(
    ("columns", "message"), [([0, 1], "one column"), ([2], "columns 0 to 1"), ([-3], "columns 0 to 1")]
)
def test_columns_that_are_none_are_refused(model_class, columns, message):
    with pytest.raises(InvalidInputError, match=message):
        model_class(*forrester_data(), fidelity_features=columns)


@every_model
def test_points_of_an_unknown_level_are_refused(model_class):
    model = model_class(*forrester_data(), fidelity_features=[1])
    with pytest.raises(InvalidInputError, match=r"from 0 to 1; given 2"):
        model.posterior(at(grid(2), 2))
    with pytest.raises(InvalidInputError, match="2 inputs"):
        model.posterior(grid(2))


@every_model
def test_designs_that_are_not_nested_are_named_where_they_must_be(model_class):
    X, Y = forrester_data()
    X[12, 0] = 0.41
    model_class(X, Y, fidelity_features=[1])  # an approximation, but taken
    with pytest.raises(InvalidInputError, match=r"rows \[12\] of train_X .level 1. have no row of level 0"):
        model_class(X, Y, fidelity_features=[1], nested=True)


@every_model
def test_the_level_is_no_category_and_not_the_only_column(model_class):
    X, Y = forrester_data()
    with pytest.raises(InvalidInputError, match="cannot be a category"):
        model_class(X, Y, categorical_features=[1], fidelity_features=[1])
    with pytest.raises(InvalidInputError, match="no inputs beside it"):
        model_class(X[:, 1:], Y, fidelity_features=[0])


def test_what_is_not_supported_is_said():
    X, Y = forrester_data()
    coded = torch.cat([X, X[:, 1:]], dim=1)
    with pytest.raises(NotSupportedError, match="RecursiveCoKriging does"):
        NARGP(coded, Y, categorical_features=[2], fidelity_features=[1])
    for model_class in (RecursiveCoKriging, HierarchicalKriging, NARGP):
        with pytest.raises(NotSupportedError, match="use Standardize"):
            model_class(X, Y.abs() + 1.0, fidelity_features=[1], outcome_transform=Log())
        model_class(X, Y, fidelity_features=[1], outcome_transform=Standardize(1))
        with pytest.raises(NotSupportedError, match="not a given tensor"):
            model_class(X, Y, fidelity_features=[1]).posterior(X, observation_noise=torch.ones(1))
    with pytest.raises(InvalidInputError, match="even number"):
        NARGP(X, Y, fidelity_features=[1], num_samples=7)
    with pytest.raises(InvalidInputError, match="given 0 kernels for 2 levels"):
        CoKriging(X, Y, fidelity_features=[1], covar_module=[])
