"""The portfolio: honest scores, weights on the simplex, members at rest, a mixture for a posterior."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from botorch.sampling.get_sampler import get_sampler

from augury.errors import InvalidInputError
from augury.models import GaussianProcess, Portfolio, PriorFittedNetwork
from augury.models.portfolio.members import PURPOSES, names_of
from augury.testing import MODEL_CHECKS

CHEAP = ("gp", "student-t", "random-forest")


def data(n=30, d=2, seed=0):
    X = torch.rand(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return X, torch.sin(4.0 * X[:, :1]) + X[:, 1:2] ** 2


def blocks(n=60, seed=0):
    X = torch.rand(n, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return X, ((4 * X[:, :1]).floor() % 2) * 3.0 + ((X[:, 1:2] > 0.4) ^ (X[:, 2:3] > 0.6))


def _few_members(*arguments, **named):
    return Portfolio(*arguments, **named, members=CHEAP)


@pytest.mark.filterwarnings("ignore:Negative variance values")
@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_the_model_conforms(check):
    check(_few_members)


def test_weights_are_on_the_simplex_and_tell_where_a_forest_is_better():
    model = Portfolio(*blocks(), members=("gp", "random-forest")).fit()
    assert sum(model.weights.values()) == pytest.approx(1.0)
    assert model.weights["random-forest"] > 0.1
    records = model.records
    assert records["random-forest"].score > records["gp"].score


def test_with_few_rows_it_is_the_gaussian_process():
    X, Y = data(5)
    model, process = Portfolio(X, Y).fit(), GaussianProcess(X, Y).fit()
    assert model.weights == {"gp": 1.0}
    new = data(4, seed=1)[0]
    torch.testing.assert_close(model.posterior(new).mean, process.posterior(new).mean)


def test_a_member_without_weight_rests_longer_and_longer():
    X, Y = data(60)
    initial, looked = {}, []
    for n in range(20, 60):
        model = Portfolio(X[:n], Y[:n], members=("gp", "random-forest")).fit(initial)
        initial = model.hyperparameters()
        looked.append(model.records["random-forest"].scored_at)
    rests = np.diff(sorted(set(looked)))
    assert model.records["random-forest"].weight == 0.0
    assert len(rests) >= 2
    assert (np.diff(rests) > 0).all()


def test_the_correction_is_what_training_without_the_fold_costs():
    X, Y = data()
    model = Portfolio(X, Y, members=("gp", "student-t")).fit()
    record = model.records["gp"]
    assert record.corrected_at == len(X)
    assert record.correction >= 0.0
    again = Portfolio(X, Y, members=("gp", "student-t")).fit(model.hyperparameters())
    assert again.records["gp"].correction == record.correction  # at about so many rows it is kept


def test_it_goes_on_from_what_it_remembers_and_starts_afresh_from_nonsense():
    X, Y = blocks()
    model = Portfolio(X, Y, members=CHEAP).fit()
    remembered = model.hyperparameters()
    again = Portfolio(X, Y, members=CHEAP).fit(remembered)
    assert set(again.weights) < set(model.weights)  # who earned hardly any weight rests
    for name, weight in again.weights.items():
        assert weight == pytest.approx(model.weights[name], abs=0.1)
    broken = {key: torch.full_like(value, torch.nan) for key, value in remembered.items()}
    fresh = Portfolio(X, Y, members=CHEAP).fit(broken)
    assert fresh.weights == pytest.approx(model.weights)


def test_the_posterior_is_the_mixture_of_its_members():
    X, Y = blocks()
    model = Portfolio(X, Y, members=CHEAP).fit()
    assert len(model.mixture) > 1
    new = blocks(5, seed=1)[0].unsqueeze(-2)
    posterior = model.posterior(new)
    parts = [(weight, member.posterior(new)) for weight, member in model.mixture]
    mean = sum(weight * part.mean for weight, part in parts)
    variance = sum(weight * (part.variance + (part.mean - mean) ** 2) for weight, part in parts)
    torch.testing.assert_close(posterior.mean, mean)
    torch.testing.assert_close(posterior.variance, variance)
    fast = model.mean_variance(new.squeeze(-2))
    torch.testing.assert_close(fast[0], mean.reshape(-1).detach())
    torch.testing.assert_close(fast[1], variance.reshape(-1).detach(), rtol=1e-4, atol=1e-8)
    samples = get_sampler(posterior, torch.Size([4096]), seed=0)(posterior)
    error = (samples.mean(dim=0) - mean) / variance.sqrt()
    assert float(error.abs().max()) < 0.1
    torch.testing.assert_close(samples.var(dim=0), variance, rtol=0.2, atol=0.0)


def test_a_forest_has_no_say_in_decisions_before_it_has_half_the_weight():
    model = Portfolio(*blocks(), members=("gp", "random-forest")).fit()
    assert 0.0 < model.weights["random-forest"] < 0.5
    ((weight, decider),) = model.deciding
    assert weight == 1.0
    assert isinstance(decider, GaussianProcess)
    model._weights = {"gp": 0.4, "random-forest": 0.6}
    assert [weight for weight, _ in model.deciding] == [0.6, 0.4]


def test_the_prior_fitted_network_is_the_reference_of_predictions():
    """With few rows it is all; with more it has weight, and the posterior a density between its members'."""
    X, Y = data(5)
    model = Portfolio(X, Y, members="predictions").fit()
    assert model.weights == {"prior-fitted-network": 1.0}
    assert not hasattr(model, "noise_variance")  # which the network does not tell
    new = data(4, seed=1)[0]
    torch.testing.assert_close(model.posterior(new).mean, PriorFittedNetwork(X, Y).posterior(new).mean)
    X, Y = data(12)
    model = Portfolio(X, Y, members=("gp", "prior-fitted-network")).fit()
    assert list(model.records) == ["prior-fitted-network", "gp"]
    assert model.weights["prior-fitted-network"] > 10.5 / 23.0  # at least what the prior gives it
    assert float(model.noise_variance) == pytest.approx(float(dict(_named(model))["gp"].noise_variance))


def _named(model):
    return zip(model.weights, (member for _, member in model.mixture), strict=True)


def test_data_beyond_the_range_of_the_network_are_left_to_the_others():
    X, Y = data(30)
    codes = torch.arange(30, dtype=torch.float64).remainder(24).unsqueeze(-1)  # one-hot: 24 inputs
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = Portfolio(
            torch.cat([X, codes], dim=1),
            Y,
            categorical_features=[2],
            members=("gp", "prior-fitted-network"),
        ).fit()
    assert model.weights == {"gp": 1.0}


@pytest.mark.parametrize(("n", "d"), [(30, 3), (201, 3), (30, 21), (600, 3)])
def test_a_purpose_with_more_time_has_all_members_of_those_with_less(n, d):
    decisions, predictions, everything = (names_of(purpose, n, d) for purpose in PURPOSES)
    assert set(decisions) <= set(predictions) <= set(everything)
    assert decisions[0] == "gp"
    assert (predictions[0] == "prior-fitted-network") == (n <= 200 and d <= 20)
    assert names_of(everything[::-1], n, d) == everything


def test_a_portfolio_without_a_member_that_can_be_trained_says_why(monkeypatch):
    from augury.models.random_forest import RandomForest

    def fail(self):
        raise RuntimeError("no trees today")

    monkeypatch.setattr(RandomForest, "fit", fail)
    with pytest.raises(RuntimeError, match="no trees today"):
        Portfolio(*data(), members=("random-forest",)).fit()


def test_a_member_that_fails_takes_no_part(monkeypatch, caplog):
    from augury.models.random_forest import RandomForest

    def fail(self):
        raise RuntimeError("no trees today")

    monkeypatch.setattr(RandomForest, "fit", fail)
    model = Portfolio(*data(), members=CHEAP).fit()
    assert "random-forest" not in model.weights
    assert sum(model.weights.values()) == pytest.approx(1.0)
    assert "no trees today" in caplog.text


def test_bad_members_and_states_are_refused():
    with pytest.raises(InvalidInputError, match="'decisions', 'predictions', 'all'"):
        Portfolio(*data(), members="gp")
    with pytest.raises(InvalidInputError, match="choose among"):
        Portfolio(*data(), members=("gp", "portfolio"))
    with pytest.raises(InvalidInputError, match="different"):
        Portfolio(*data(), members=("gp", "gp"))
    with pytest.raises(InvalidInputError, match="no member with weight"):
        Portfolio(*data(), members=("gp",)).load_state_dict({"memory.gp.record": torch.zeros(6)})
