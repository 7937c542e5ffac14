from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.models import SingleTaskGP
from botorch.models.transforms.outcome import Log

import augury
from augury.errors import InvalidInputError, NotSupportedError
from augury.models import GaussianProcess
from augury.space.goals import Goals
from augury.space.space import Space
from augury.strategies.recommendation import recommend
from tests.strategies.cases import table_of

LINE = Space({"x": (0.0, 1.0)})
RNG = np.random.default_rng(0)


def bowl(X):
    return (X[:, :1] - 0.4) ** 2


@pytest.mark.parametrize("goal", ["min:y", "max:y"])
def test_under_noise_it_is_nearer_to_the_truth_than_the_best_measured_value(goal):
    sign = 1.0 if goal == "min:y" else -1.0
    ours, theirs, flattery = [], [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X = rng.random((40, 1))
        Y = sign * (bowl(X) + 0.05 * rng.standard_normal((40, 1)))
        table = table_of(X, Y)
        x, prediction = recommend("evaluated", "gp", LINE, Goals.of(goal), table)
        measured = np.argmin(sign * Y[:, 0])
        assert (x == table.X).all(axis=1).any()
        ours.append(bowl(x[None])[0, 0])
        theirs.append(bowl(table.X[measured : measured + 1])[0, 0])
        flattery.append(sign * (prediction.mean["y"] - Y[measured, 0]))
    assert np.mean(ours) < 0.8 * np.mean(theirs)
    assert np.mean(flattery) > 0.05  # the best measured value is too good by about two standard deviations


def test_over_the_whole_space_it_is_the_maximiser_of_the_posterior_mean():
    X = np.linspace(0.0, 1.0, 6)[:, None]
    table, grid = table_of(X, (X - 0.5) ** 2), torch.linspace(0.0, 1.0, 2001).double()[:, None]
    x, prediction = recommend("posterior-mean", "gp", LINE, Goals.of("min:y"), table, seed=3)
    model = GaussianProcess(torch.from_numpy(X), torch.from_numpy(table.Y.copy())).fit(seed=3)
    assert prediction.mean["y"] <= float(model.mean(grid).min()) + 1e-6
    assert prediction.mean["y"] == pytest.approx(float(model.mean(torch.from_numpy(x)[None])))
    assert prediction.std["y"] > 0.0
    assert x[0] == pytest.approx(0.5, abs=0.02)
    assert recommend("evaluated", "gp", LINE, Goals.of("min:y"), table)[0][0] in (0.4, 0.6)


@pytest.mark.parametrize("rule", ["evaluated", "posterior-mean"])
def test_constraints_are_kept(rule):
    goals = Goals.of(["min:y", "c<=0"])
    X = np.linspace(0.0, 1.0, 15)[:, None]
    table = table_of(X, np.concatenate([bowl(X), 0.7 - X], axis=1))  # x >= 0.7
    x, _ = recommend(rule, "gp", LINE, goals, table)
    assert 0.68 < x[0] < 0.85
    hopeless = table_of(X, np.concatenate([bowl(X), 5.0 + X], axis=1))
    assert recommend(rule, "gp", LINE, goals, hopeless) is None


def test_points_that_fail_are_not_recommended():
    X = np.linspace(0.0, 1.0, 21)[:, None]
    Y = np.where((X > 0.3) & (X < 0.5), np.nan, bowl(X))
    x, _ = recommend("posterior-mean", "gp", LINE, Goals.of("min:y"), table_of(X, Y))
    assert x[0] < 0.31 or x[0] > 0.49


def test_a_table_and_models_without_a_closed_form_serve_too():
    space = Space({"x": (0.0, 1.0), "kind": ["a", "b"]})
    X = np.column_stack([RNG.random(12), np.arange(12) % 2])
    table = table_of(X, 1.0 + bowl(X) + 0.5 * X[:, 1:])
    x, _ = recommend("posterior-mean", "gp", space, Goals.of("min:y"), table)
    assert x[1] == 0.0

    def log_normal(train_X, train_Y, train_Yvar, space):
        return SingleTaskGP(train_X, train_Y, outcome_transform=Log())

    plain = table_of(X[:, :1], 1.0 + bowl(X))
    x, _ = recommend("posterior-mean", log_normal, LINE, Goals.of("min:y"), plain)
    assert x[0] == pytest.approx(0.4, abs=0.2)
    assert torch.get_default_dtype() == torch.float32


def test_what_cannot_be_recommended():
    empty = table_of(np.empty((0, 1)), np.empty((0, 1)))
    assert recommend("evaluated", "gp", LINE, Goals.of("min:y"), empty) is None
    with pytest.raises(InvalidInputError, match="'posterior-mean'"):
        recommend("best", "gp", LINE, Goals.of("min:y"), empty)
    with pytest.raises(NotSupportedError, match="Pareto"):
        recommend("evaluated", "gp", LINE, Goals.of(["min:y", "min:z"]), empty)


def test_a_study_recommends_in_its_own_units():
    study = augury.Study({"x": (0.0, 10.0)}, augury.Minimize("y"), store=None, seed=1)
    assert study.recommend() is None
    for x in np.linspace(0.0, 10.0, 12):
        study.add({"x": x}, (x - 4.0) ** 2)
    found = study.recommend("posterior-mean")
    assert found.params["x"] == pytest.approx(4.0, abs=0.2)
    assert found.mean["y"] == pytest.approx(0.0, abs=0.3)
    assert found.rule == "posterior-mean"
    assert study.recommend().params in [trial.params for trial in study.trials]
