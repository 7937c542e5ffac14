"""Stepwise co-kriging and the relation it rests on: against quadrature, the joint model and known factors."""

from __future__ import annotations

import numpy as np
import torch

from augury.models import CoKriging, GaussianProcess, StepwiseCoKriging
from augury.models.multi_fidelity import linear_relation
from augury.models.multi_fidelity.linear_relation import LinearRelation
from tests.models.multi_fidelity.cases import (
    at,
    error,
    forrester,
    forrester_data,
    grid,
    three_levels,
    training,
)


def points(n, d=2, seed=0):
    return np.random.default_rng(seed).random((n, d))


def test_the_factor_and_the_shift_of_a_linear_relation_are_found():
    X = points(12)
    cheap = np.sin(5.0 * X[:, 0]) + X[:, 1]
    found = LinearRelation.of(X, 40.0 - 3.0 * cheap, cheap[:, None], [])
    assert found.evidence > 10.0
    np.testing.assert_allclose(found.factors, [-3.0], rtol=0.02)


def test_unrelated_versions_are_told_from_related_ones():
    right = wrong = 0
    for seed in range(40):
        X = points(8, seed=seed)
        rng = np.random.default_rng(1000 + seed)
        waves = [np.cos(X @ rng.normal(scale=8.0, size=2) + rng.uniform(0, 6)) for _ in range(3)]
        right += LinearRelation.of(X, waves[0] + 0.1 * waves[1], waves[0][:, None], []).evidence > 1.1
        wrong += LinearRelation.of(X, waves[0], waves[2][:, None], []).evidence > 1.1
    assert right >= 37
    assert wrong <= 3


def test_noise_is_related_to_nothing():
    rng = np.random.default_rng(0)
    found = [LinearRelation.of(points(8, seed=s), *_noise(rng, 8), []).evidence for s in range(40)]
    assert sum(one > 1.1 for one in found) <= 1


def _noise(rng, n):
    return rng.normal(size=n), rng.normal(size=(n, 1))


def test_the_evidence_is_that_of_the_averaged_densities(monkeypatch):
    for name, value in (("_LENGTHSCALES", [0.7]), ("_VARIANCES", [0.5]), ("_NOISES", [0.01])):
        monkeypatch.setattr(linear_relation, name, np.array(value))
    X, rng = points(6), np.random.default_rng(1)
    m = rng.normal(size=6)
    y = m + 0.3 * rng.normal(size=6)
    found = LinearRelation.of(X, y, m[:, None], [])
    y, m = ((one - one.mean()) / one.std(ddof=1) for one in (y, m))
    scaled = np.sqrt(5.0 * np.square(X[:, None] - X).mean(axis=-1)) / 0.7
    K = 0.5 * (1.0 + scaled + scaled**2 / 3.0) * np.exp(-scaled) + 0.01 * np.eye(6) + 1.0

    def density(factor):
        left = y - factor * m
        return np.exp(-0.5 * left @ np.linalg.solve(K, left))

    factors = np.linspace(-9.0, 9.0, 4001)
    step = factors[1] - factors[0]
    prior = np.exp(-0.5 * factors**2) / np.sqrt(2.0 * np.pi)
    integral = sum(density(factor) * weight for factor, weight in zip(factors, prior, strict=True)) * step
    np.testing.assert_allclose(found.evidence, np.log(integral / density(0.0)), atol=1e-6)


def test_units_do_not_matter_and_constants_say_nothing():
    X, rng = points(7), np.random.default_rng(3)
    m, y = rng.normal(size=7), rng.normal(size=7)
    found = LinearRelation.of(X, y, m[:, None], [])
    other = LinearRelation.of(X, 100.0 + 5.0 * y, 10.0 * m[:, None], [])
    np.testing.assert_allclose(found.evidence, other.evidence, atol=1e-9)
    np.testing.assert_allclose(other.factors, 0.5 * found.factors, rtol=1e-9)
    assert LinearRelation.of(X, y, np.ones((7, 1)), []).evidence == 0.0
    assert LinearRelation.of(X[:2], y[:2], m[:2, None], []).evidence == 0.0


def test_forresters_pair_is_learnt_from_few_results():
    X, Y = training(forrester(), grid(11), grid(11)[[0, 2, 3, 5, 6, 8, 9, 10]])
    model = StepwiseCoKriging(X, Y, fidelity_features=[1]).fit()
    torch.testing.assert_close(model.rho, torch.full((1, 1), 2.0).double(), rtol=0, atol=0.1)
    alone = GaussianProcess(X[11:, :1], Y[11:]).fit()
    x = torch.linspace(0.0, 1.0, 200).double().unsqueeze(-1)
    without = float((alone.posterior(x).mean.squeeze(-1) - forrester()[1](x)).square().mean().sqrt())
    assert error(model, forrester()[1]) < 0.5 * without


def test_its_posterior_is_the_joint_process_s_at_its_hyperparameters():
    X, Y = forrester_data()
    model = StepwiseCoKriging(X, Y, fidelity_features=[1]).fit()
    outcome = model.regressions.outcomes[0]
    kernel = outcome.covariance.kernel
    new = at(torch.tensor([[0.33], [0.77]]).double(), 1)
    K = kernel(X).to_dense().detach() + float(outcome.noise_variance[0]) * torch.eye(len(X))
    k = kernel(new, X).to_dense().detach()
    shift, scale = (float(part) for part in model._affine())
    y = (Y.squeeze(-1) - shift) / scale - outcome.constant
    mean = shift + scale * (outcome.constant + k @ torch.linalg.solve(K, y))
    torch.testing.assert_close(model.posterior(new).mean.squeeze(-1), mean, rtol=0, atol=1e-6)


def test_it_is_less_sure_of_what_few_results_tell_than_the_joint_likelihood():
    X, Y = three_levels((10, 6, 4))
    new = at(torch.from_numpy(points(200, seed=5)), 2)

    def truth(x):
        low = torch.sin(4.0 * x[:, 0]) + x[:, 1]
        return -0.8 * (1.5 * low - 0.5 * x[:, 0].square()) + 0.3 * torch.cos(2.0 * x[:, 1])

    scores = []
    for model in (StepwiseCoKriging(X, Y, fidelity_features=[2]), CoKriging(X, Y, fidelity_features=[2])):
        mean, variance = model.fit().mean_variance(new)
        scores.append(float(((mean - truth(new)).square() / variance).mean()))
    assert scores[0] < scores[1]


def test_three_levels_with_categories_are_taken():
    X, Y = three_levels()
    X = torch.cat([X[:, :2], (X[:, :1] > 0.5).double(), X[:, 2:]], dim=1)
    model = StepwiseCoKriging(X, Y, categorical_features=[2], fidelity_features=[3]).fit()
    assert model.rho.shape == (1, 3)
    left = model.leave_one_out()[0][X[:, 3] == 2]
    assert float((left - Y[X[:, 3] == 2]).abs().mean()) < 0.5 * float(Y[X[:, 3] == 2].std())
