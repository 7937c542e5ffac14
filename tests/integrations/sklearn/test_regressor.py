"""Surrogates as scikit-learn regressors: its own checks for each, and what they add to them."""

from __future__ import annotations

import pickle
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from augury.errors import InvalidInputError
from augury.integrations.sklearn import SurrogateRegressor
from augury.models import GaussianProcess, InfiniteWidthGP
from augury.models.registry import MODELS
from tests.quick_models import quick_models  # noqa: F401 (a fixture)

#: Whose sixty fits take a second or two; all others are checked by `make test-slow`.
QUICK = {"gp", "infinite-width"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow)
        for name in ["auto", *MODELS.names()]
        if name != "auto" or "auto" not in MODELS.names()
    ],
)
def test_it_passes_the_checks_of_scikit_learn(name: str) -> None:
    results = check_estimator(SurrogateRegressor(name), on_skip=None)
    skipped = {result["check_name"] for result in results if result["status"] == "skipped"}
    assert skipped <= {"check_array_api_input"}  # which asks for SCIPY_ARRAY_API=1
    assert len(results) > 40


def data(n: int = 30, *, noise: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.uniform(100.0, 300.0, n), rng.uniform(-2.0, 2.0, n)])
    return X, np.sin(X[:, 0] / 40.0) + X[:, 1] + noise * rng.standard_normal(n)


@pytest.mark.filterwarnings("ignore::augury.inference.base.InferenceWarning")
@pytest.mark.usefixtures("quick_models")
@pytest.mark.parametrize("name", MODELS.names())
def test_every_surrogate_fits_predicts_draws_and_pickles(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = data(12)
    regressor = SurrogateRegressor(name).fit(X, y)
    mean, std = regressor.predict(X, return_std=True)
    assert mean.shape == std.shape == y.shape
    assert np.isfinite(mean).all()
    assert (std >= 0).all()
    assert regressor.sample_y(X[:3], 5).shape == (3, 5)
    monkeypatch.undo()  # the pickle names the class
    again = pickle.loads(pickle.dumps(regressor))
    np.testing.assert_allclose(again.predict(X), mean, rtol=1e-9)


def test_units_of_the_inputs_do_not_matter() -> None:
    X, y = data()
    scaled = X * [1e6, 1e-6] + [0.0, 5.0]
    first, second = SurrogateRegressor().fit(X, y), SurrogateRegressor().fit(scaled, y)
    np.testing.assert_allclose(second.predict(scaled), first.predict(X), rtol=1e-6)


def test_bounds_scale_instead_of_the_range_of_the_data() -> None:
    X, y = data()
    bounds = [(0.0, 400.0), (-3.0, 3.0)]
    regressor = SurrogateRegressor(bounds=bounds).fit(X, y)
    unit = (X - [0.0, -3.0]) / [400.0, 6.0]
    np.testing.assert_allclose(regressor.model_.train_inputs[0].numpy(), unit)


def test_categories_are_told_apart_by_their_numbers_only() -> None:
    X, y = data()
    X[:, 1] = np.tile([7.0, -1.0, 100.0], 10)
    y = X[:, 0] / 100.0 + np.where(X[:, 1] == -1.0, 4.0, 0.0)
    regressor = SurrogateRegressor(categorical_features=[1]).fit(X, y)
    mean = regressor.predict([[200.0, 7.0], [200.0, -1.0], [200.0, 100.0]])
    assert mean[1] - mean[0] == pytest.approx(4.0, abs=0.2)
    assert mean[2] == pytest.approx(mean[0], abs=0.2)
    with pytest.raises(InvalidInputError, match="column 1 holds 8"):
        regressor.predict([[200.0, 8.0]])


@pytest.mark.parametrize("options", [{"categorical_features": [2]}, {"categorical_features": [True]}])
def test_columns_that_do_not_exist_are_refused(options: dict) -> None:
    with pytest.raises(InvalidInputError, match="columns from 0 to 1"):
        SurrogateRegressor(**options).fit(*data())


@pytest.mark.parametrize("bounds", [[(0, 1)], [(1, 0), (0, 1)], [(0, np.inf), (0, 1)], "ab"])
def test_bounds_that_are_none_are_refused(bounds: object) -> None:
    with pytest.raises(InvalidInputError, match="bounds must be"):
        SurrogateRegressor(bounds=bounds).fit(*data())


def test_several_outcomes_are_as_many_columns() -> None:
    X, y = data()
    regressor = SurrogateRegressor().fit(X, np.column_stack([y, -2.0 * y]))
    mean, std = regressor.predict(X[:4], return_std=True)
    assert mean.shape == std.shape == (4, 2)
    np.testing.assert_allclose(mean[:, 1], -2.0 * mean[:, 0], rtol=1e-3, atol=1e-3)
    assert regressor.sample_y(X[:4], 3).shape == (4, 2, 3)
    assert regressor.predict(X[:4], return_cov=True)[1].shape == (4, 4, 2)


def test_draws_have_the_predicted_mean_and_covariance() -> None:
    X, y = data(8)
    new = data(4, noise=0.0)[0] + [3.0, 0.5]
    regressor = SurrogateRegressor().fit(X, y)
    mean, covariance = regressor.predict(new, return_cov=True)
    _, std = regressor.predict(new, return_std=True)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), std, rtol=1e-6)
    draws = regressor.sample_y(new, 4096, random_state=1)
    np.testing.assert_allclose(draws.mean(axis=1), mean, atol=0.05 * std.max())
    np.testing.assert_allclose(np.cov(draws), covariance, atol=0.05 * covariance.max())


def test_known_errors_are_known_noise() -> None:
    X, y = data(40, noise=0.5)
    y[0] += 3.0
    errors = np.full(40, 0.5)
    errors[0] = 1e3
    trusting = SurrogateRegressor().fit(X, y, y_std=np.full(40, 1e-3)).predict(X[:1])
    assert abs(trusting[0] - y[0]) < 0.1
    assert abs(SurrogateRegressor().fit(X, y, y_std=errors).predict(X[:1])[0] - y[0]) > 1.0
    with pytest.raises(InvalidInputError, match="shape of y"):
        SurrogateRegressor().fit(X, y, y_std=errors[:3])
    with pytest.raises(InvalidInputError, match=r"y_std holds -0\.001; .* 0 or more"):
        SurrogateRegressor().fit(X, y, y_std=np.full(40, -1e-3))


@pytest.mark.parametrize("count", [0, -1, 1.5, True, None])
def test_a_number_of_functions_that_is_none_is_refused(count) -> None:
    regressor = SurrogateRegressor().fit(np.linspace(0.0, 1.0, 5)[:, None], np.arange(5.0))
    with pytest.raises(InvalidInputError, match=r"n_samples is .* at least 1"):
        regressor.sample_y([[0.5]], n_samples=count)


def test_noise_is_counted_where_it_is_asked_for() -> None:
    X, y = data(60, noise=0.3)
    regressor = SurrogateRegressor().fit(X, y)
    _, latent = regressor.predict(X, return_std=True)
    _, noisy = regressor.predict(X, return_std=True, observation_noise=True)
    assert np.sqrt(noisy**2 - latent**2).mean() == pytest.approx(0.3, rel=0.4)


def test_it_works_in_pipelines_clones_and_grids() -> None:
    X, y = data()
    pipeline = make_pipeline(StandardScaler(), SurrogateRegressor())
    grid = {"surrogateregressor__model": ["gp", "infinite-width", partial(InfiniteWidthGP, depth=2)]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert search.best_score_ > 0.9
    assert len(search.cv_results_["params"]) == 3
    copy = clone(SurrogateRegressor(GaussianProcess, bounds=[(0.0, 400.0), (-3.0, 3.0)]))
    assert copy.model is GaussianProcess
    assert copy.fit(X, y).score(X, y) > 0.99


def test_a_large_table_is_predicted_in_blocks_like_its_parts() -> None:
    X, y = data()
    regressor = SurrogateRegressor().fit(X, y)
    many = np.repeat(X, 50, axis=0)
    np.testing.assert_allclose(regressor.predict(many), np.repeat(regressor.predict(X), 50), rtol=1e-9)


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no model called 'gauss'.*'gp'"):
        SurrogateRegressor("gauss").fit(*data())
