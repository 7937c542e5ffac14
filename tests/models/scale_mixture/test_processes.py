"""Scale mixtures against scipy's Student-t, brute force, and each other."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from botorch.models.transforms.input import Normalize
from botorch.models.transforms.outcome import Log
from botorch.sampling import SobolQMCNormalSampler
from gpytorch.kernels import RBFKernel, ScaleKernel
from scipy.stats import multivariate_t
from torch.distributions import InverseGamma as TorchInverseGamma

from augury.errors import NotSupportedError
from augury.models import GaussianProcess, ScaleMixtureProcess, StudentTProcess
from augury.models.scale_mixture.likelihood import ScaleMixtureLikelihood
from tests.models.cases import mixed_points, outcomes, points

N, Q = 12, 2
X, NEW = points(N + Q, 2), points(4, 2, seed=5)


def as_mixture(alpha, beta):
    """The Student-t process as a `ScaleMixtureProcess`."""
    parameters = (torch.tensor(value, dtype=torch.float64) for value in (alpha, beta))
    return lambda *arguments, **named: ScaleMixtureProcess(
        *arguments, scale_prior=TorchInverseGamma(*parameters), **named
    )


FACTORIES = {"student-t": StudentTProcess, "burr": ScaleMixtureProcess}


def covariance(model, index=0):
    """The training covariance given scale one (noise included) and the centred standardised outcomes."""
    outcome = model.gaussian.regressions.outcomes[index]
    inputs = torch.from_numpy(outcome.X)
    A = outcome.covariance.dense(inputs, inputs).detach().numpy() + np.diag(outcome.noise_variance)
    return A, outcome.y - outcome.constant


@pytest.mark.parametrize("m", [1, 2])
@pytest.mark.parametrize("learned", [False, True])
def test_the_marginal_likelihood_is_a_multivariate_t(m, learned):
    model = StudentTProcess(X, outcomes(X, m), alpha=1.5, beta=2.5, learn_scale_prior=learned).fit()
    parts = [covariance(model, index) for index in range(m)]
    A = np.zeros((m * (N + Q),) * 2)
    for index, (block, _) in enumerate(parts):
        rows = slice(index * (N + Q), (index + 1) * (N + Q))
        A[rows, rows] = block
    y = np.concatenate([residual for _, residual in parts])
    alpha, beta = model.prior.alpha, model.prior.beta
    if not learned:
        assert (alpha, beta) == (1.5, 2.5)
    expected = multivariate_t(np.zeros(len(y)), beta / alpha * A, df=2.0 * alpha).logpdf(y)
    priors = sum(
        outcome.likelihood().log_prior(outcome.theta)[0] for outcome in model.gaussian.regressions.outcomes
    )
    assert model.log_posterior() == pytest.approx(expected + priors + model.prior.log_prior()[0], rel=1e-8)


@pytest.mark.parametrize("factory", [StudentTProcess, ScaleMixtureProcess])
@pytest.mark.parametrize("kernel", [None, ScaleKernel(RBFKernel())], ids=["default", "user's"])
@pytest.mark.parametrize("m", [1, 2])
def test_its_gradient_is_that_of_finite_differences(factory, kernel, m):
    options = {"learn_scale_prior": True} if factory is StudentTProcess else {}
    model = factory(X, 3.0 * outcomes(X, m), outcome_transform=None, covar_module=kernel, **options)
    parts = [outcome.likelihood() for outcome in model.gaussian.regressions.outcomes]
    likelihood = ScaleMixtureLikelihood(parts, model.prior)
    theta = likelihood.starts()[0] + 0.1
    value, gradient = likelihood.value_gradient(theta)
    assert value == pytest.approx(likelihood.value(theta), rel=1e-10)
    if likelihood.has_curvature:
        expansion = likelihood.expand(theta)
        np.testing.assert_array_equal(expansion.gradient, gradient)
        assert np.linalg.eigvalsh(expansion.curvature)[0] > 0.0
    for index, shift in enumerate(1e-5 * np.eye(len(theta))):
        slope = (likelihood.value(theta + shift) - likelihood.value(theta - shift)) / 2e-5
        assert gradient[index] == pytest.approx(slope, rel=2e-4, abs=2e-4)


def test_a_fit_finds_a_maximum_whatever_the_scale():
    model = StudentTProcess(X, 40.0 * outcomes(X), outcome_transform=None).fit()
    best = model.log_posterior()
    for step in (-0.3, 0.3):
        moved = {**model.state_dict()}
        moved["gaussian.theta"] = moved["gaussian.theta"] + step
        other = StudentTProcess(X, 40.0 * outcomes(X), outcome_transform=None)
        other.load_state_dict(moved)
        assert other.log_posterior() < best


def test_the_scale_of_outcomes_taken_as_they_are_is_learnt_however_small():
    """At scale 1/10,000 the fixed prior would put it at 2 / (2 + n / 2) at least."""
    model = StudentTProcess(X, 0.01 * outcomes(X), outcome_transform=None).fit()
    standardised = StudentTProcess(X, 0.01 * outcomes(X)).fit()
    assert model.prior.learned
    assert not standardised.prior.learned
    assert model.prior.typical < 0.05
    deviation = model.posterior(NEW).variance.sqrt()
    assert (deviation < 0.05).all()


def test_predictions_are_the_conditionals_of_the_multivariate_t():
    """p(y_new | y) = p(y_new, y) / p(y), both multivariate t."""
    model = StudentTProcess(X[:N], outcomes(X[:N])).fit()
    dense = model.gaussian.regressions.dense[0]
    both = torch.cat([torch.from_numpy(model.gaussian.regressions.outcomes[0].X), NEW])
    noise = np.concatenate([model.gaussian.regressions.outcomes[0].noise_variance, np.zeros(len(NEW))])
    K = dense.covariance.dense(both, both).detach().numpy() + np.diag(noise)
    y = model.gaussian.regressions.outcomes[0].y - dense.constant
    new = np.array([[0.1, -0.5, 0.3, 1.0], [2.0, 1.0, -4.0, 0.0]])
    joint, alone = (multivariate_t(np.zeros(len(M)), M, df=4.0) for M in (K, K[:N, :N]))
    expected = np.array([joint.logpdf(np.concatenate([y, row])) - alone.logpdf(y) for row in new])
    shift, scale = (float(part) for part in model.gaussian._affine())
    original = torch.from_numpy(shift + scale * (new + dense.constant)).unsqueeze(-1)
    given = model.posterior(NEW).log_prob(original) + len(NEW) * np.log(scale)
    np.testing.assert_allclose(given.detach(), expected, rtol=1e-6)


@pytest.mark.parametrize("m", [1, 2])
def test_leaving_a_row_out_is_predicting_it_from_the_others(m):
    Y = outcomes(X, m)
    for factory in FACTORIES.values():
        model = factory(X, Y).fit()
        mean, variance = model.leave_one_out()
        for row in (0, 5):
            kept = [index for index in range(N + Q) if index != row]
            without = factory(X[kept], Y[kept])
            without.gaussian = _with_rows(model, kept)
            posterior = without.posterior(X[row : row + 1], observation_noise=True)
            torch.testing.assert_close(posterior.mean[0], mean[row], rtol=1e-6, atol=1e-8)
            torch.testing.assert_close(posterior.variance[0], variance[row], rtol=1e-5, atol=1e-8)


def _with_rows(model, rows):
    """The Gaussian process on some rows: hyperparameters, constant means and standardisation kept."""
    from augury.models.exact.regression import ExactRegression
    from augury.models.exact.regressions import Regressions

    parts = []
    for outcome in model.gaussian.regressions.outcomes:
        part = ExactRegression(
            outcome.X[rows], outcome.y[rows], None, outcome.covariance.rebind(outcome.X[rows])
        )
        part.theta = outcome.theta
        _ = part.alpha
        precision = part.inverse_factor.T @ part.inverse_factor
        part._constant, part._alpha = outcome.constant, precision @ (part.y - outcome.constant)
        parts.append(part)
    other = model.gaussian._copy()
    other._regressions = Regressions(parts)
    return other


@pytest.mark.parametrize("m", [1, 2])
def test_conditioning_is_a_model_of_all_rows_with_more_degrees_of_freedom(m):
    Y = outcomes(X, m)
    model = StudentTProcess(X[:N], Y[:N], alpha=1.5).fit()
    conditioned = model.condition_on_observations(X[N:], Y[N:])
    assert model.posterior(NEW).df == 3.0 + N * m
    posterior = conditioned.posterior(NEW)
    assert posterior.df == 3.0 + (N + Q) * m
    quadratic = sum(
        residual @ np.linalg.solve(A, residual)
        for A, residual in (covariance(conditioned, index) for index in range(m))
    )
    alpha = 1.5 + 0.5 * (N + Q) * m
    assert float(posterior.squared_scale) == pytest.approx((2.0 + 0.5 * quadratic) / alpha, rel=1e-8)
    again = model.condition_on_observations(X[N : N + 1], Y[N : N + 1])
    again = again.condition_on_observations(X[N + 1 :], Y[N + 1 :])
    torch.testing.assert_close(again.posterior(NEW).variance, posterior.variance, rtol=1e-8, atol=0)


def test_fantasies_have_a_scale_each():
    model = StudentTProcess(X, outcomes(X)).fit()
    at = points(6, 2, seed=3).reshape(3, 2, 2)
    fantasies = model.fantasize(at, SobolQMCNormalSampler(torch.Size([4]), seed=0))
    assert fantasies.expected_scale.shape == (4, 3)
    samples = SobolQMCNormalSampler(torch.Size([4]), seed=0)(model.posterior(at, observation_noise=True))
    for f in range(4):
        for b in range(3):
            alone = model.condition_on_observations(at[b], samples[f, b])
            given = fantasies.posterior(NEW.expand(3, 4, 2))
            torch.testing.assert_close(given.mean[f, b], alone.posterior(NEW).mean)
            torch.testing.assert_close(given.variance[f, b], alone.posterior(NEW).variance)


@pytest.mark.parametrize("m", [1, 2])
def test_the_mixture_with_an_inverse_gamma_is_the_student_t_process(m):
    Y, Yvar = outcomes(X, m), torch.full((N + Q, m), 0.01, dtype=torch.float64)
    for noise in (None, Yvar):
        closed = StudentTProcess(X, Y, noise, alpha=2.5, beta=1.5).fit()
        numeric = as_mixture(2.5, 1.5)(X, Y, noise).fit()
        for observation_noise in (False, True):
            ours, theirs = (
                model.posterior(NEW, observation_noise=observation_noise) for model in (closed, numeric)
            )
            torch.testing.assert_close(ours.mean, theirs.mean, rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(ours.variance, theirs.variance, rtol=1e-4, atol=1e-6)


def test_the_mean_is_that_of_the_gaussian_process_with_the_same_hyperparameters():
    Y = outcomes(X)
    model = StudentTProcess(X, Y).fit()
    gaussian = GaussianProcess(X, Y)
    gaussian.load_state_dict({"theta": model.gaussian.theta, **_transforms(model)})
    torch.testing.assert_close(model.posterior(NEW).mean, gaussian.posterior(NEW).mean)


def _transforms(model):
    return {
        name.removeprefix("gaussian."): value
        for name, value in model.state_dict().items()
        if "outcome_transform" in name
    }


@pytest.mark.parametrize("name", FACTORIES)
def test_a_subset_keeps_what_all_outcomes_told_of_the_scale(name):
    model = FACTORIES[name](X[:N], outcomes(X[:N], 3)).fit()
    subset = model.subset_output([2, 0])
    torch.testing.assert_close(subset.expected_scale, model.expected_scale)
    assert subset.count == model.count
    with pytest.raises(NotSupportedError, match="scale belongs to all outcomes"):
        subset.fit()
    assert subset.subset_output([1]).count == model.count
    more = subset.condition_on_observations(X[N:], outcomes(X[N:], 3)[:, [2, 0]])
    assert more.count == model.count + 2 * Q


@pytest.mark.parametrize("name", FACTORIES)
def test_wrong_scale_widens_the_predictions(name):
    Y = outcomes(X)
    wide, narrow = (
        FACTORIES[name](X, factor * (Y - Y.mean()), outcome_transform=None).fit() for factor in (30.0, 0.03)
    )
    assert float(wide.expected_scale) > 10.0
    assert float(narrow.expected_scale) < 1.0


def test_categories_and_input_transforms_are_those_of_the_gaussian_process():
    mixed = mixed_points(N, 2, (3,))
    model = StudentTProcess(mixed, outcomes(mixed), categorical_features=[2]).fit()
    mean, variance, gradient, _ = model.mean_variance_gradient(mixed[:3])
    posterior = model.posterior(mixed[:3])
    torch.testing.assert_close(mean, posterior.mean.squeeze(-1))
    torch.testing.assert_close(variance, posterior.variance.squeeze(-1), rtol=1e-6, atol=1e-9)
    assert (gradient[:, 2] == 0.0).all()
    bounds = torch.tensor([[0.0, 0.0], [10.0, 10.0]]).double()
    raw = StudentTProcess(10.0 * X, outcomes(X), input_transform=Normalize(2, bounds=bounds)).fit()
    plain = StudentTProcess(X, outcomes(X)).fit()
    torch.testing.assert_close(raw.posterior(10.0 * NEW).variance, plain.posterior(NEW).variance)


def test_outcomes_and_posteriors_are_transformed_linearly_only():
    with pytest.raises(NotSupportedError, match="not one shift and scale"):
        StudentTProcess(X, outcomes(X) + 10.0, outcome_transform=Log())

    class Squared(torch.nn.Module):
        def __call__(self, posterior):
            return object()

    with pytest.raises(NotSupportedError, match="only linear transforms"):
        StudentTProcess(X, outcomes(X)).fit().posterior(NEW, posterior_transform=Squared())


def test_learned_priors_are_in_the_state():
    model = StudentTProcess(X, 30.0 * outcomes(X), outcome_transform=None, learn_scale_prior=True).fit()
    assert abs(model.prior.alpha - 2.0) > 0.1
    other = StudentTProcess(X, 30.0 * outcomes(X), outcome_transform=None, learn_scale_prior=True)
    other.load_state_dict(model.state_dict())
    assert other.prior.alpha == pytest.approx(model.prior.alpha)
    torch.testing.assert_close(other.posterior(NEW).variance, model.posterior(NEW).variance)
    warm = StudentTProcess(X, 30.0 * outcomes(X), outcome_transform=None, learn_scale_prior=True)
    assert warm.fit(initial=model.hyperparameters()).log_posterior() >= model.log_posterior() - 0.05


def test_the_curvature_is_that_of_the_density_on_average():
    """The mean of observed and expected information: over draws from the model it is minus the Hessian."""
    inputs = points(20, 2).numpy()
    curvatures, hessians = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        model = StudentTProcess(
            torch.from_numpy(inputs), torch.zeros(20, 1), outcome_transform=None, learn_scale_prior=False
        )
        regression = model.gaussian.regressions.outcomes[0]
        theta = regression.likelihood().starts()[0]
        theta[-1] = np.log(0.05)
        regression.theta = theta
        A, _ = covariance(model)
        s = 2.0 / rng.gamma(2.0)
        regression.y = np.sqrt(s) * np.linalg.cholesky(A) @ rng.standard_normal(20)
        likelihood = ScaleMixtureLikelihood([regression.likelihood()], model.prior)
        curvatures.append(likelihood.expand(theta).curvature)
        slopes = [
            likelihood.value_gradient(theta + shift)[1] - likelihood.value_gradient(theta - shift)[1]
            for shift in 1e-4 * np.eye(3)
        ]
        hessians.append(-np.array(slopes) / 2e-4)
    curvature, hessian = np.mean(curvatures, axis=0), np.mean(hessians, axis=0)
    scale = np.sqrt(np.outer(hessian.diagonal(), hessian.diagonal()))
    np.testing.assert_allclose(curvature / scale, hessian / scale, atol=0.25)


def test_known_noise_is_added_as_it_is_whatever_the_scale():
    Y, Yvar = 30.0 * outcomes(X), torch.full((N + Q, 1), 0.25, dtype=torch.float64)
    for options in ({}, {"learn_scale_prior": True}, {"alpha": 3.0, "beta": 1.0}):
        model = StudentTProcess(X, Y, Yvar, outcome_transform=None, **options).fit()
        added = model.posterior(NEW, observation_noise=True).variance - model.posterior(NEW).variance
        torch.testing.assert_close(added, torch.full((4, 1), 0.25).double(), rtol=1e-6, atol=1e-6)
        assert float(model.noise_variance) == pytest.approx(0.25)


def test_many_outcomes_that_are_all_zero_are_fitted_without_a_warning():
    X = torch.rand(40, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        model = StudentTProcess(X, torch.zeros(40, 1, dtype=torch.float64)).fit()
    assert float(model.posterior(X).mean.abs().max()) < 1e-9
