"""Scores of rows left out: closed forms against training data without them, hyperparameters kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import norm, t

from augury.models import DeepKernelGP, GaussianProcess, InfiniteWidthGP, RandomForest, StudentTProcess
from augury.models.folds import assign_folds
from augury.models.portfolio.held_out import by_refitting, closed_form
from augury.models.portfolio.refit import refit


def data(n=17, m=1):
    X = torch.rand(n, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return X, torch.cat([torch.sin(4.0 * X[:, :1]), X[:, 1:] ** 2], dim=1)[:, :m]


@pytest.mark.parametrize("kind", [GaussianProcess, InfiniteWidthGP])
@pytest.mark.parametrize("m", [1, 2])
def test_a_gaussian_process_is_conditioned_on_the_other_folds(kind, m):
    X, Y = data(m=m)
    model, folds = kind(X, Y).fit(), assign_folds(len(X))
    expected = np.zeros(len(X))
    for outcome, scale in zip(
        model.regressions.outcomes, model.outcome_transform.stdvs.reshape(-1), strict=True
    ):
        covariance = outcome.covariance.matrix(outcome.covariance.theta).copy() + np.diag(
            outcome.noise_variance
        )
        residual = outcome.y - outcome.constant
        for fold in range(5):
            out, others = folds == fold, folds != fold
            weights = np.linalg.solve(covariance[np.ix_(others, others)], covariance[np.ix_(others, out)])
            variance = covariance[np.ix_(out, out)] - covariance[np.ix_(out, others)] @ weights
            scaled = norm.logpdf(residual[out], weights.T @ residual[others], np.sqrt(variance.diagonal()))
            expected[out] += scaled - np.log(float(scale))
    np.testing.assert_allclose(closed_form(model, Y, folds), expected, rtol=1e-6)


def test_a_student_t_process_learns_the_scale_without_the_fold():
    X, Y = data()
    model, folds = StudentTProcess(X, Y).fit(), assign_folds(len(X))
    (outcome,) = model.gaussian.regressions.outcomes
    covariance = outcome.covariance.matrix(outcome.covariance.theta).copy() + np.diag(outcome.noise_variance)
    residual, scale = outcome.y - outcome.constant, float(model.gaussian.outcome_transform.stdvs)
    expected = np.zeros(len(X))
    for fold in range(5):
        out, others = folds == fold, folds != fold
        known = covariance[np.ix_(others, others)]
        weights = np.linalg.solve(known, covariance[np.ix_(others, out)])
        variance = (covariance[np.ix_(out, out)] - covariance[np.ix_(out, others)] @ weights).diagonal()
        shape = model.prior.alpha + 0.5 * others.sum()
        rate = model.prior.beta + 0.5 * residual[others] @ np.linalg.solve(known, residual[others])
        deviation = np.sqrt(rate / shape * variance)
        expected[out] = t.logpdf(residual[out], 2 * shape, weights.T @ residual[others], deviation)
    np.testing.assert_allclose(closed_form(model, Y, folds), expected - np.log(scale), rtol=1e-6)


def test_a_forest_is_scored_by_trees_that_have_not_seen_the_row():
    X, Y = data(40)
    model, folds = RandomForest(X, Y).fit(), assign_folds(40)
    mean, variance = model.left_out()
    expected = norm.logpdf(Y[:, 0], mean[:, 0], variance[:, 0].sqrt())
    np.testing.assert_allclose(closed_form(model, Y, folds), expected)
    assert closed_form(model, Y, folds[::-1].copy()) is None


def test_refitting_scores_predictions_of_models_that_have_not_seen_the_fold():
    X, Y = data()
    folds = assign_folds(len(X))
    given = by_refitting(GaussianProcess, X, Y, None, folds, seed=0)
    rows = torch.from_numpy(folds == 2)
    model = GaussianProcess(X[~rows], Y[~rows]).fit()
    posterior = model.posterior(X[rows].unsqueeze(-2), observation_noise=True)
    expected = norm.logpdf(
        Y[rows, 0], posterior.mean[:, 0, 0].detach(), posterior.variance[:, 0, 0].sqrt().detach()
    )
    np.testing.assert_allclose(given[folds == 2], expected, rtol=1e-6)


def test_hyperparameters_that_have_seen_the_fold_score_too_well_on_average():
    X, Y = data(25)
    folds = assign_folds(25)
    kept = closed_form(DeepKernelGP(X, Y).fit(), Y, folds)
    assert kept.mean() > by_refitting(DeepKernelGP, X, Y, None, folds, seed=0).mean()


@pytest.mark.parametrize("kind", [GaussianProcess, InfiniteWidthGP, StudentTProcess])
def test_hyperparameters_are_climbed_anew_without_the_fold(kind):
    """The same optimum as from scratch where there is one only, and not the hyperparameters of all rows."""
    X, Y = data(80, m=2)  # many rows and inputs that matter: one explanation
    Y = Y.sum(dim=1, keepdim=True)
    Y = Y + 0.1 * torch.randn(80, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    folds, fitted = assign_folds(80), kind(X, Y).fit()
    found = fitted.hyperparameters()
    climbed = by_refitting(kind, X, Y, None, folds, seed=0, found=found)
    afresh = by_refitting(kind, X, Y, None, folds, seed=0)
    np.testing.assert_allclose(climbed, afresh, atol=0.2)
    rows = torch.from_numpy(folds != 0)
    again = refit(kind(X[rows], Y[rows]), found, 0).hyperparameters()["theta"]
    if kind is not InfiniteWidthGP:  # whose only one, the noise, is at its bound
        assert not torch.equal(again, found["theta"])
    foreign = {name: torch.full((7, 3), torch.nan) for name in found}
    np.testing.assert_allclose(by_refitting(kind, X, Y, None, folds, seed=0, found=foreign), afresh)
