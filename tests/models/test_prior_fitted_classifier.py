"""The prior-fitted classifier."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score
from sklearn.utils.validation import NotFittedError

from augury.errors import InvalidInputError
from augury.models import PriorFittedClassifier
from augury.models.prior_fitted.weights import PriorFittedWarning


def blobs(n: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3)) * [1.0, 100.0, 1e-3] + [0.0, 50.0, 7.0]
    return X, np.where(X[:, 0] + 0.3 * rng.normal(size=n) > 0.0, "yes", "no")


def test_classes_are_told_apart_by_probability():
    X, y = blobs()
    classifier = PriorFittedClassifier().fit(X, y)
    new, truth = blobs(200, seed=1)
    p = classifier.predict_proba(new)
    assert classifier.classes_.tolist() == ["no", "yes"]
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    assert roc_auc_score(truth == "yes", p[:, 1]) > 0.85
    likely = np.where(truth == "yes", p[:, 1], p[:, 0])
    assert -np.log(likely).mean() < 0.6  # a coin has 0.69
    assert set(classifier.predict(new)) == {"no", "yes"}


def test_predictions_do_not_depend_on_units_order_or_names():
    X, y = blobs()
    new = blobs(10, seed=1)[0]
    p = PriorFittedClassifier().fit(X, y).predict_proba(new)
    order = np.random.default_rng(2).permutation(len(y))
    again = PriorFittedClassifier().fit(X[order] * [3.0, 0.1, 1e6] - 5.0, y[order])
    np.testing.assert_allclose(again.predict_proba(new * [3.0, 0.1, 1e6] - 5.0), p, atol=1e-5)
    columns = [2, 0, 1]
    np.testing.assert_allclose(
        PriorFittedClassifier().fit(X[:, columns], y).predict_proba(new[:, columns]), p, atol=1e-5
    )


def test_several_classes_one_against_the_rest():
    X, y = load_iris(return_X_y=True)
    scores = cross_val_score(PriorFittedClassifier(), X[::2], y[::2], cv=3)
    assert scores.mean() > 0.9
    p = PriorFittedClassifier().fit(X[::2], y[::2]).predict_proba(X[1::2])
    assert p.shape == (75, 3)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)


def test_it_warns_beyond_the_tables_it_was_trained_on():
    X, y = blobs()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PriorFittedClassifier().fit(X, y)
    with pytest.warns(PriorFittedWarning, match="100 rows and 30 inputs.*given more rows,"):
        PriorFittedClassifier().fit(np.tile(X, (3, 1)), np.tile(y, 3))
    with pytest.warns(PriorFittedWarning, match="given 33 inputs,"):
        PriorFittedClassifier().fit(np.tile(X, 11), y)


def test_it_is_a_scikit_learn_estimator():
    assert clone(PriorFittedClassifier("classes")).get_params() == {"network": "classes"}
    X, y = blobs()
    with pytest.raises(NotFittedError):
        PriorFittedClassifier().predict(X)
    with pytest.raises(ValueError, match="features"):
        PriorFittedClassifier().fit(X, y).predict(X[:, :2])
    with pytest.raises(InvalidInputError, match="one class only"):
        PriorFittedClassifier().fit(X, np.zeros(40))
    with pytest.raises(InvalidInputError, match="for regression"):
        PriorFittedClassifier("surrogate").fit(X, y)
