"""Predictions of results left out: the closed form where there is one, else honest refits."""

import torch
from botorch.models import SingleTaskGP

from augury.models import GaussianProcess
from augury.models.build import build_model, fit_model
from augury.models.left_out import predict_left_out
from augury.space.space import Space

SPACE = Space({"a": (0.0, 1.0), "b": (0.0, 1.0)})


def data(n=20):
    X = torch.rand(n, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return X, torch.sin(4 * X[:, :1]) + X[:, 1:]


def test_the_closed_form_is_used_where_there_is_one():
    X, Y = data()
    fitted = GaussianProcess(X, Y).fit()
    left_out = predict_left_out(fitted, "gp", X, Y, None, SPACE)
    mean, variance = fitted.leave_one_out()
    assert torch.equal(left_out.mean, mean)
    assert torch.equal(left_out.variance, variance)
    assert left_out.method == "leave-one-out"


def test_each_row_is_predicted_by_a_model_that_never_saw_it():
    X, Y = data()
    rows_seen = []

    def spy(train_X, train_Y, train_Yvar, space):
        rows_seen.append({tuple(row) for row in train_X.tolist()})
        return SingleTaskGP(train_X, train_Y)

    fitted = fit_model(build_model(spy, X, Y, None, SPACE))
    left_out = predict_left_out(fitted, spy, X, Y, None, SPACE, folds=4)
    assert left_out.method == "4-fold cross-validation"
    parts = rows_seen[1:]
    assert [len(part) for part in parts] == [15] * 4
    missing = [{tuple(row) for row in X.tolist()} - part for part in parts]
    assert set.union(*missing) == {tuple(row) for row in X.tolist()}
    assert ((left_out.mean - Y) ** 2).mean().sqrt() < 0.2 * Y.std()
    assert (left_out.variance > 0).all()


def test_few_rows_are_left_out_one_by_one():
    X, Y = data(3)

    def model(train_X, train_Y, train_Yvar, space):
        return SingleTaskGP(train_X, train_Y)

    fitted = fit_model(build_model(model, X, Y, None, SPACE))
    left_out = predict_left_out(fitted, model, X, Y, torch.full_like(Y, 0.1), SPACE)
    assert left_out.folds == 3
    assert torch.isfinite(left_out.mean).all()
