from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from botorch.models import SingleTaskGP

from augury.models.exact.trended import TrendedCovariance
from augury.models.gaussian_process import GaussianProcess
from augury.space import Space
from augury.strategies.outcome_models import OutcomeModels
from augury.testing.strategy_cases import continuous_space, fail, observe


def _fit(observations, model="auto", warm=None):
    return OutcomeModels.fit(
        model, continuous_space(), observations, seed=0, warm={} if warm is None else warm
    )


def test_each_outcome_is_trained_on_the_rows_that_have_it():
    observed = observe(continuous_space(), 9, outcomes=2)
    Y = observed.Y.copy()
    Y[:4, 1] = np.nan
    models = _fit(fail(replace(observed, Y=Y), np.arange(9) == 8)).models
    assert [len(models[column].train_inputs[0]) for column in (0, 1)] == [8, 4]


def test_an_outcome_never_measured_has_no_model():
    observed = observe(continuous_space(), 5, outcomes=2)
    Y = observed.Y.copy()
    Y[:, 1] = np.nan
    assert list(_fit(replace(observed, Y=Y)).models) == [0]


@pytest.mark.parametrize("known", [5, 4])
def test_measured_noise_is_used_where_every_row_has_it(known):
    observed = observe(continuous_space(), 5)
    Yvar = np.full((5, 1), np.nan)
    Yvar[:known] = 0.25
    given = []

    def model(train_X, train_Y, train_Yvar, space):
        given.append(train_Yvar)
        return GaussianProcess(train_X, train_Y, train_Yvar)

    _fit(replace(observed, Yvar=Yvar), model)
    assert (given[0] is not None) == (known == 5)


def test_a_warm_start_returns_to_the_same_fit():
    observed = observe(continuous_space(), 12, outcomes=2)
    cold = _fit(observed)
    warm = _fit(observed, warm=cold.hyperparameters())
    for column in (0, 1):
        assert warm.models[column].log_posterior() == pytest.approx(
            cold.models[column].log_posterior(), abs=1e-3
        )


def test_hyperparameters_of_another_shape_are_ignored():
    observed = observe(continuous_space(), 6)
    warm = _fit(
        observed, warm={"0:theta": torch.zeros(1, 17).double(), "1:theta": torch.zeros(1, 3).double()}
    )
    assert warm.models[0].log_posterior() == pytest.approx(_fit(observed).models[0].log_posterior(), abs=1e-6)


def test_the_mean_alone_is_the_mean():
    observed = observe(continuous_space(), 6, outcomes=2)
    models = _fit(observed)
    for column in (0, 1):
        mean, _ = models.mean_variance(column, observed.X.copy())
        np.testing.assert_allclose(models.mean(column, observed.X.copy()), mean, rtol=1e-10)


def test_a_model_without_the_fast_path_predicts_through_its_posterior():
    observed = observe(continuous_space(), 6)
    models = _fit(observed, SingleTaskGP)
    mean, variance = models.mean_variance(0, observed.X.copy())
    np.testing.assert_array_equal(models.mean(0, observed.X.copy()), mean)
    assert mean.shape == variance.shape == (6,)
    assert (variance > 0).all()


def test_presumed_violations_lower_the_chance_of_feasibility_there():
    observed = observe(continuous_space(), 8)
    models = _fit(observed)
    X = np.array([[0.5, 0.5]])
    mean, variance = models.mean_variance(0, X)
    for sign in (1.0, -1.0):
        limit = -sign * mean[0] - 1.0  # met by one unit where the model predicts
        liar = models.given_violation(0, sign, limit, X)
        with torch.no_grad():
            presumed = liar.posterior(torch.from_numpy(X)).mean.item()
        assert sign * mean[0] + limit < 0 < sign * presumed + limit + 0.5 * variance[0] ** 0.5


def _valley(sign):
    """Observations of a curved valley, which a logarithmic scale suits."""
    observed = observe(continuous_space(), 24)
    x, y = 4.0 * observed.X[:, 0] - 2.0, 4.0 * observed.X[:, 1] - 1.0
    return replace(observed, Y=-sign * ((1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2)[:, None])


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_outcome_modelled_on_a_logarithmic_scale_is_predicted_in_its_units(sign):
    observed = _valley(sign)
    models = OutcomeModels.fit("auto", continuous_space(), observed, seed=0, warm={}, may_adapt={0: sign})
    warped = models.warped(0, observed.Y[:, 0])
    assert list(models.warpings) == [0]
    assert np.corrcoef(np.argsort(np.argsort(warped)), np.argsort(np.argsort(observed.Y[:, 0])))[0, 1] > 0.999
    mean, variance = models.mean_variance(0, observed.X)
    plain, _ = _fit(observed).mean_variance(0, observed.X)
    good = sign * observed.Y[:, 0] >= np.median(sign * observed.Y[:, 0])
    error, plain_error = (np.abs(m - observed.Y[:, 0])[good].mean() for m in (mean, plain))
    assert error < max(plain_error, 0.1 * np.abs(observed.Y).max())
    assert (variance > 0.0).all()
    np.testing.assert_array_equal(models.mean(0, observed.X), mean)


def test_outcomes_with_known_errors_stay_on_their_scale():
    observed = replace(_valley(-1.0), Yvar=np.full((24, 1), 1.0))
    models = OutcomeModels.fit("auto", continuous_space(), observed, seed=0, warm={}, may_adapt={0: -1.0})
    assert not models.warpings
    np.testing.assert_array_equal(models.warped(0, observed.Y[:, 0]), observed.Y[:, 0])


@pytest.mark.parametrize(
    ("numeric", "model", "trended"),
    [(3, "auto", True), (12, "auto", True), (13, "auto", False), (2, "auto", False), (3, "gp", False)],
)
def test_an_objective_of_three_to_twelve_numeric_inputs_has_a_trend(numeric, model, trended):
    space = Space({f"x{i}": (0.0, 1.0) for i in range(numeric)} | {"c": ["a", "b"]})
    observed = observe(space, 12)
    models = OutcomeModels.fit(model, space, observed, seed=0, warm={}, may_adapt={0: 1.0})
    covariance = models.models[0].regressions.outcomes[0].covariance
    assert isinstance(covariance, TrendedCovariance) == trended
    others = OutcomeModels.fit(model, space, observed, seed=0, warm={})
    assert not isinstance(others.models[0].regressions.outcomes[0].covariance, TrendedCovariance)


def test_gradients_reach_the_models_that_take_them():
    observed = observe(continuous_space(), 9, outcomes=2)
    gradient = np.full((9, 2, 2), np.nan)
    gradient[:5, 0] = 1.0
    observed = replace(observed, gradient=gradient)
    first, second = (_fit(observed, "gradient-gp").models[column] for column in (0, 1))
    assert first._regressions[0].has_gradients
    assert not second._regressions[0].has_gradients
    assert isinstance(_fit(observed).models[0], GaussianProcess)  # does without
