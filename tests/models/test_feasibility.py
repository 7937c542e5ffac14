"""The classifier of failures: its gradient, its limits, and its safety."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError
from augury.models import FeasibilityModel
from tests.models.cases import central_differences, descriptors, mixed_points, points

MIXED = {"categorical_features": [2, 3], "descriptors": {3: descriptors(4)}}


def fitted(n=40, cardinalities=(), **arguments):
    X = mixed_points(n, 2, cardinalities)
    return FeasibilityModel(X, X[:, 0] + 0.3 * X[:, 1] < 0.7, **arguments).fit()


@pytest.mark.parametrize("arguments", [{}, MIXED], ids=["numeric", "mixed"])
def test_the_gradient_is_that_of_finite_differences(arguments):
    cardinalities = (3, 4) if arguments else ()
    model = fitted(cardinalities=cardinalities, **arguments)
    new = mixed_points(8, 2, cardinalities, seed=5)
    value, gradient = model.log_probability_gradient(new)
    torch.testing.assert_close(value, model.log_probability(new), rtol=0, atol=1e-12)
    for i in range(len(new)):

        def at(x, i=i):
            point = new[i : i + 1].clone()
            point[0, :2] = torch.from_numpy(x)
            return float(model.log_probability(point))

        slopes = central_differences(at, new[i, :2].numpy())
        np.testing.assert_allclose(gradient[i, :2].numpy(), slopes, rtol=1e-5, atol=1e-6)
    assert not gradient[:, 2:].any()


def test_it_learns_where_the_function_fails():
    model = fitted(60)
    new = points(200, 2, seed=5)
    truth = (new[:, 0] + 0.3 * new[:, 1] < 0.7).numpy()
    predicted = model.log_probability(new).exp().numpy() > 0.5
    assert (predicted == truth).mean() > 0.85


def test_far_from_data_it_returns_to_the_smoothed_share_of_successes():
    X = 0.2 * points(8, 2)
    model = FeasibilityModel(X, torch.arange(8) < 3).fit()
    far = torch.full((1, 2), 1e4).double()
    mean = torch.special.ndtri(torch.tensor(0.4, dtype=torch.float64))
    limit = torch.special.ndtr(mean / (1.0 + model._amplitude) ** 0.5)
    assert float(model.log_probability(far).exp()) == pytest.approx(float(limit), rel=1e-6)


def test_a_point_beside_a_failure_is_not_worth_another_try():
    X = points(40, 2)
    succeeded = X[:, 0] < 0.5
    model = FeasibilityModel(X, succeeded).fit()
    beside = X[~succeeded] + 1e-3
    assert float(model.log_probability(beside).exp().max()) < 0.1
    assert float(model.log_probability(X[succeeded]).exp().min()) > 0.9


def test_failures_by_chance_leave_chances_everywhere():
    X = points(80, 2)
    luck = torch.from_numpy(np.random.default_rng(0).random(80) < 0.7)
    probability = FeasibilityModel(X, luck).fit().log_probability(X[~luck]).exp()
    assert float(probability.min()) > 0.2


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("n", [1, 20])
def test_all_failed_or_none(n, share):
    X = points(n, 2)
    model = FeasibilityModel(X, torch.full((n,), share).bool()).fit()
    value, gradient = model.log_probability_gradient(points(10, 2, seed=5))
    assert torch.isfinite(value).all()
    assert torch.isfinite(gradient).all()
    assert (value <= 0).all()
    assert bool((value.exp() > 0.5).all()) is (share == 1.0)


def test_duplicates_that_disagree_and_points_outside_the_cube():
    X = points(3, 2)[[0, 0, 0, 1, 2, 2]]
    model = FeasibilityModel(X, torch.tensor([True, False, True, True, False, True])).fit()
    for new in (X, 1e6 * X, -X):
        value, gradient = model.log_probability_gradient(new)
        assert torch.isfinite(value).all()
        assert torch.isfinite(gradient).all()


def test_many_rows_and_many_points():
    model = fitted(300)
    X = points(14_500, 2, seed=5)
    value = model.log_probability(X)
    rows = slice(13_980, 13_984)
    # relative: far from successes a logarithm of -15 magnifies how BLAS rounds blocks of another shape
    torch.testing.assert_close(value[rows], model.log_probability(X[rows]), rtol=1e-11, atol=1e-12)
    again = fitted(300)
    assert torch.equal(again.log_probability(X[:9]), model.log_probability(X[:9]))


def test_single_precision_is_converted():
    X = points(10, 2)
    labels = X[:, 0] < 0.5
    model = FeasibilityModel(X.float(), labels).fit()
    value, gradient = model.log_probability_gradient(points(3, 2).float().requires_grad_(True))
    assert value.dtype == gradient.dtype == torch.float64


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((torch.rand(4, 2), torch.ones(4, 1).bool()), "one boolean per row"),
        ((torch.rand(4, 2), torch.ones(3).bool()), "4 rows"),
        ((torch.full((2, 2), torch.nan), torch.ones(2).bool()), "is nan"),
        ((torch.rand(0, 2), torch.ones(0).bool()), "at least one row"),
        ((torch.rand(4, 2), torch.ones(4).bool(), [1]), "integer codes"),
        ((torch.rand(4, 2), torch.ones(4).bool(), [2]), "columns 0 to 1"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        FeasibilityModel(*arguments)
