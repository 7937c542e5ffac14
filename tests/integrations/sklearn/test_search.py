"""Hyperparameter search: what scikit-learn promises of its own, and what decisions add."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from augury.errors import InvalidInputError
from augury.integrations.sklearn import AugurySearchCV
from augury.space import Categorical, Float, Space


class Surface(RegressorMixin, BaseEstimator):
    """Scores as its hyperparameters say."""

    def __init__(self, a=0.0, b=0.0, kind="x"):
        self.a, self.b, self.kind = a, b, kind

    def fit(self, X, y):
        if self.a < 0.0:
            raise ArithmeticError("a is negative")
        self.is_fitted_ = True
        return self

    def score(self, X, y):
        if self.a > 0.95:
            return float("nan")
        return -((self.a - 0.3) ** 2) - (self.b - 0.7) ** 2 - (self.kind is None)


SPACE = {"a": (0.0, 1.0), "b": (0.0, 1.0)}
X, Y = np.zeros((6, 1)), np.arange(6.0)


def test_it_finds_the_best_hyperparameters_and_refits() -> None:
    search = AugurySearchCV(Surface(), SPACE, n_iter=20, cv=2, random_state=0).fit(X, Y)
    assert search.best_score_ > -1e-3
    assert search.best_params_ == pytest.approx({"a": 0.3, "b": 0.7}, abs=0.05)
    assert search.best_estimator_.get_params()["a"] == search.best_params_["a"]
    results = search.cv_results_
    assert len(results["params"]) == len(results["mean_test_score"]) == 20
    assert results["mean_test_score"][search.best_index_] == search.best_score_
    np.testing.assert_array_equal(results["param_a"], [params["a"] for params in results["params"]])


def test_it_is_reproducible_alone_in_batches_and_in_parallel() -> None:
    with parallel_config(backend="threading"):
        found = [
            AugurySearchCV(Surface(), SPACE, n_iter=9, n_points=3, cv=2, random_state=1, n_jobs=n_jobs)
            for n_jobs in (None, 2)
        ]
        for search in found:
            search.fit(X, Y)
    first, second = (search.cv_results_["params"] for search in found)
    assert first == second
    assert len({tuple(params.values()) for params in first}) == 9


def test_it_tunes_a_pipeline_with_steps_that_are_objects() -> None:
    pipeline = make_pipeline(StandardScaler(), SVC())
    space = {
        "standardscaler": [StandardScaler(), MinMaxScaler(), None, "passthrough"],
        "svc__C": Float(1e-2, 1e3, log=True),
        "svc__kernel": ["rbf", "linear"],
        "svc__class_weight": [None, "balanced"],
    }
    search = AugurySearchCV(pipeline, space, n_iter=8, cv=3, random_state=0)
    search.fit(*load_iris(return_X_y=True))
    assert search.best_score_ > 0.9
    steps = search.cv_results_["param_standardscaler"]
    assert any(isinstance(step, (StandardScaler, MinMaxScaler)) for step in steps)
    assert search.predict(load_iris().data[:2]).shape == (2,)
    assert pickle.loads(pickle.dumps(search)).best_params_.keys() == space.keys()


def test_conditional_hyperparameters_are_masked_where_they_do_not_exist() -> None:
    space = Space(
        {
            "svc__kernel": Categorical(["rbf", "linear"]),
            "svc__gamma": Float(1e-3, 1.0, log=True, active_if={"svc__kernel": ["rbf"]}),
        }
    )
    search = AugurySearchCV(make_pipeline(SVC()), space, n_iter=8, cv=2, random_state=0)
    search.fit(*load_iris(return_X_y=True))
    kernels, gammas = search.cv_results_["param_svc__kernel"], search.cv_results_["param_svc__gamma"]
    np.testing.assert_array_equal(np.ma.getmaskarray(gammas), np.asarray(kernels) == "linear")


def test_a_score_that_is_not_finite_is_avoided() -> None:
    with pytest.warns(UserWarning, match="non-finite"):
        search = AugurySearchCV(Surface(), {"a": (0.9, 1.0)}, n_iter=12, cv=2, random_state=0).fit(X, Y)
    assert np.isnan(search.cv_results_["mean_test_score"]).any()
    assert search.best_params_["a"] <= 0.95


@pytest.mark.parametrize("n_points", [1, 2])
def test_candidates_that_cannot_be_fitted_are_avoided_and_end_nothing(n_points: int) -> None:
    search = AugurySearchCV(Surface(), {"a": (-1.0, 0.9)}, n_iter=14, n_points=n_points, cv=2, random_state=0)
    with pytest.warns(FitFailedWarning, match="a is negative"):
        search.fit(X, Y)
    assert 0.0 <= search.best_params_["a"] < 0.6
    assert (np.array([one["a"] for one in search.cv_results_["params"]]) >= 0.0).sum() > 7


def test_a_search_in_which_no_fit_succeeds_says_why() -> None:
    with pytest.warns(FitFailedWarning), pytest.raises(ValueError, match="a is negative"):
        AugurySearchCV(Surface(), {"a": (-1.0, -0.5)}, n_iter=3, cv=2, random_state=0).fit(X, Y)


def test_other_errors_of_an_evaluation_end_the_search() -> None:
    with pytest.raises(ValueError, match="Invalid parameter 'q'"):
        AugurySearchCV(Surface(), {"q": (0.0, 1.0)}, n_iter=3, cv=2).fit(X, Y)
    with pytest.raises(ArithmeticError):
        AugurySearchCV(Surface(), {"a": (-1.0, -0.5)}, n_iter=3, cv=2, error_score="raise").fit(X, Y)


def test_a_finite_space_ends_the_search() -> None:
    search = AugurySearchCV(Surface(), {"kind": ["x", "y", None]}, n_iter=10, cv=2, random_state=0).fit(X, Y)
    assert sorted(map(str, (one["kind"] for one in search.cv_results_["params"]))) == ["None", "x", "y"]


def test_several_metrics_are_recorded_and_one_is_maximised() -> None:
    scoring = {"good": lambda model, X, y: model.a, "bad": lambda model, X, y: -model.a}
    search = AugurySearchCV(
        Surface(), {"a": (0.0, 1.0)}, n_iter=8, cv=2, scoring=scoring, refit="bad", random_state=0
    ).fit(X, Y)
    assert search.best_params_["a"] < 0.05
    assert "mean_test_good" in search.cv_results_
    with pytest.raises(InvalidInputError, match=r"refit=.*'good', 'bad'"):
        AugurySearchCV(Surface(), SPACE, n_iter=3, cv=2, scoring=scoring, refit=False).fit(X, Y)


@pytest.mark.parametrize("bad", [{"n_iter": 0}, {"n_points": 1.5}, {"n_iter": True}])
def test_counts_that_are_none_are_refused(bad: dict) -> None:
    with pytest.raises(InvalidInputError, match="at least 1"):
        AugurySearchCV(Surface(), SPACE, cv=2, **bad).fit(X, Y)


def test_an_unknown_strategy_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InvalidInputError, match="no strategy called 'tpe'"):
        AugurySearchCV(Surface(), SPACE, strategy="tpe", cv=2).fit(X, Y)
