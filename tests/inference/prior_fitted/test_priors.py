"""Priors of prior-fitted networks: the law they state is the law of what they draw."""

from __future__ import annotations

import pytest
import torch
from torch.distributions import Normal

from augury.errors import InvalidInputError
from augury.inference.prior_fitted.class_prior import ClassPrior
from augury.inference.prior_fitted.draw import PriorDraw
from augury.inference.prior_fitted.gp_prior import (
    FixedHyperparameters,
    GammaHyperparameters,
    GPPrior,
    LogNormalHyperparameters,
    gp_covariance,
)
from augury.inference.prior_fitted.inputs import (
    CorrelatedInputs,
    KumaraswamyWarping,
    MixedInputs,
    UniformInputs,
)
from augury.inference.prior_fitted.mixture_prior import MixturePrior
from augury.inference.prior_fitted.network_prior import NetworkPrior
from augury.inference.prior_fitted.noise import FixedNoise, LogUniformNoise
from augury.inference.prior_fitted.recipes import recipe, recipe_names


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(prior, batch=6, context=7, queries=5, dim=3, seed=0) -> PriorDraw:
    return prior.sample(batch, context, queries, dim, generator(seed))


@pytest.mark.parametrize("name", recipe_names())
@pytest.mark.parametrize(("context", "dim"), [(0, 1), (1, 1), (9, 5)])
def test_every_recipe_draws_data_sets(name, context, dim):
    prior = recipe(name).prior
    one, same, other = (draw(prior, context=context, dim=dim, seed=seed) for seed in (0, 0, 1))
    assert one.X.shape == (6, context, dim)
    assert one.y.shape == (6, context)
    assert one.X_new.shape == (6, 5, dim)
    assert one.mean.shape == one.deviation.shape == one.noise.shape == (6, 5)
    assert bool((one.deviation >= one.noise).all())
    for X in (one.X, one.X_new):  # normal numbers, of a table's columns, have no bounds
        assert bool(((X >= 0.0) & (X <= 1.0)).all()) or (name == "classes" and bool(X.isfinite().all()))
    assert torch.equal(one.mean, same.mean)
    assert not torch.equal(one.X_new, other.X_new)


@pytest.mark.parametrize("kind", ["rbf", "matern-5/2", "matern-3/2"])
def test_the_law_of_a_gaussian_process_is_its_conditional_distribution(kind):
    prior = GPPrior(FixedHyperparameters(0.4, 2.0), FixedNoise(0.3), kind)
    one = draw(prior)
    for b in range(6):
        z, w = one.X[b : b + 1] / 0.4, one.X_new[b : b + 1] / 0.4
        noise = 0.3**2 * 2.0
        K = 2.0 * gp_covariance(kind, z, z)[0] + noise * torch.eye(7)
        k = 2.0 * gp_covariance(kind, z, w)[0]
        solved = torch.linalg.solve(K, k)
        torch.testing.assert_close(one.mean[b], solved.mT @ one.y[b], rtol=1e-6, atol=1e-8)
        variance = 2.0 + noise - (k * solved).sum(0)
        torch.testing.assert_close(one.deviation[b].square(), variance, rtol=1e-6, atol=1e-8)


def test_outcomes_of_a_gaussian_process_have_its_covariance():
    """Of two rows at any place, given their distance, over many data sets."""
    prior = GPPrior(FixedHyperparameters(0.5), FixedNoise(0.2))
    one = draw(prior, batch=20_000, context=2, queries=1, dim=1)
    distance = (one.X[:, 0, 0] - one.X[:, 1, 0]).abs()
    product = one.y[:, 0] * one.y[:, 1]
    near = distance < 0.1
    expected = (-0.5 * (distance / 0.5).square()).exp()
    assert float(product[near].mean()) == pytest.approx(float(expected[near].mean()), abs=0.08)
    assert float(product[~near].mean()) == pytest.approx(float(expected[~near].mean()), abs=0.05)
    assert float(one.y.square().mean()) == pytest.approx(1.04, abs=0.05)


@pytest.mark.parametrize(
    "prior",
    [
        GPPrior(LogNormalHyperparameters(), LogUniformNoise(), "matern-5/2", warping=KumaraswamyWarping(1.0)),
        NetworkPrior(),
        MixturePrior([NetworkPrior(), GPPrior()], [0.2, 0.8]),
    ],
)
def test_the_stated_noise_is_that_of_the_outcomes(prior):
    one = draw(prior, batch=400)
    outcomes = one.outcomes(generator(3))
    standard = (outcomes - one.mean) / one.deviation.clamp_min(1e-12)
    assert float(standard.mean()) == pytest.approx(0.0, abs=0.1)
    assert float(standard.std()) == pytest.approx(1.0, abs=0.1)
    assert float(Normal(0.0, 1.0).cdf(standard).std()) == pytest.approx(12**-0.5, abs=0.03)


def test_gamma_hyperparameters_have_the_means_of_their_laws():
    hyper = GammaHyperparameters((3.0, 6.0), (2.0, 0.15))(20_000, 2, generator())
    assert float(hyper.lengthscale.mean()) == pytest.approx(0.5, rel=0.03)
    assert float(hyper.outputscale.mean()) == pytest.approx(2.0 / 0.15, rel=0.05)


def test_irrelevant_inputs_are_as_common_as_said_and_never_all():
    hyper = LogNormalHyperparameters(irrelevant=0.5)(5_000, 4, generator())
    inert = hyper.lengthscale > 500.0
    assert float(inert.double().mean()) == pytest.approx(0.5 * 3 / 4, abs=0.02)
    assert not bool(inert.all(-1).any())
    assert bool((inert.double().mean(0) > 0.3).all())  # every input in turn


def test_networks_are_standardised_functions_of_the_inputs():
    prior = NetworkPrior(noise=FixedNoise(0.0))
    X = torch.rand(5, 40, 3, dtype=torch.float64, generator=generator())
    X[:, 1] = X[:, 0]
    values = prior.functions(X, generator())
    torch.testing.assert_close(values.mean(-1), torch.zeros(5, dtype=torch.float64), atol=1e-9, rtol=0.0)
    torch.testing.assert_close(values.square().mean(-1), torch.ones(5, dtype=torch.float64))
    torch.testing.assert_close(values[:, 0], values[:, 1])


def test_some_data_sets_have_levels_and_one_hot_categories():
    X = MixedInputs(share=1.0)(200, 30, 4, generator())
    whole = ((X == 0.0) | (X == 1.0)).all(1)
    hot = whole.sum(-1) >= 2
    assert 0.2 < float(hot.double().mean()) < 0.9
    distinct = torch.tensor([[len(X[b, :, j].unique()) for j in range(4)] for b in range(200)])
    # 0.4 of the columns have levels, 4 of 5 of these more than two, and 3 of 8 columns are overwritten
    assert float(((distinct > 2) & (distinct <= 6)).double().mean()) == pytest.approx(0.2, abs=0.05)
    plain = MixedInputs(share=0.0)(20, 30, 4, generator())
    assert len(plain.unique()) == plain.numel()


def test_correlated_inputs_share_factors_and_have_the_spread_of_uniform_ones():
    X = CorrelatedInputs(UniformInputs(), share=1.0, factors=1)(400, 200, 3, generator())
    assert float(X.mean()) == pytest.approx(0.5, abs=0.01)
    assert float(X.var(dim=1).mean()) == pytest.approx(1.0 / 12.0, rel=0.02)
    correlation = torch.stack([torch.corrcoef(one.mT)[0, 1].abs() for one in X])
    # with one factor it is the share of the variance in common, which is uniform
    assert float(correlation.mean()) == pytest.approx(0.5, abs=0.05)
    assert float(correlation.std()) == pytest.approx(12.0**-0.5, abs=0.04)
    plain = CorrelatedInputs(UniformInputs(), share=0.0)(20, 30, 4, generator())
    assert bool(((plain >= 0.0) & (plain <= 1.0)).all())


def test_warping_keeps_order_and_ends():
    X = torch.linspace(0.0, 1.0, 50, dtype=torch.float64).reshape(1, 50, 1).expand(20, 50, 1)
    warped = KumaraswamyWarping(share=1.0, spread=1.0)(X, generator())
    assert bool((warped.diff(dim=1) >= 0.0).all())
    assert bool((warped[:, 0] == 0.0).all())
    assert bool((warped[:, -1] == 1.0).all())
    assert float((warped - X).abs().max()) > 0.1
    torch.testing.assert_close(KumaraswamyWarping(share=0.0)(X, generator()), X, atol=1e-15, rtol=1e-15)


def test_outliers_are_few_and_wild():
    noise = LogUniformNoise(0.01, 0.01, outliers=1.0, outlier_rate=0.2)(500, 200, generator())
    wild = noise > 0.5
    assert float(wild.double().mean()) == pytest.approx(0.1, abs=0.02)
    assert float(noise[~wild].max()) == pytest.approx(0.01)


def test_classes_are_cut_at_a_quantile():
    one = draw(ClassPrior(NetworkPrior(), least=0.3), batch=50, context=40, queries=20)
    codes = torch.cat([one.y, one.mean], dim=-1)
    assert set(codes.unique().tolist()) == {0.0, 1.0}
    share = codes.mean(-1)
    assert 0.28 < float(share.min()) < 0.45
    assert 0.55 < float(share.max()) < 0.72


def test_mistakes_are_refused():
    with pytest.raises(InvalidInputError, match="at least one member"):
        MixturePrior([])
    with pytest.raises(InvalidInputError, match="2 positive numbers"):
        MixturePrior([NetworkPrior(), GPPrior()], [1.0])
    with pytest.raises(InvalidInputError, match="matern-5/2"):
        draw(GPPrior(covariance="linear"))
    with pytest.raises(InvalidInputError, match="'hyper-gp'"):
        recipe("gauss")
