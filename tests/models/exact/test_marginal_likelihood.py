"""The log posterior against GPyTorch's, and its gradient against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gpytorch.kernels import LinearKernel, PeriodicKernel, RBFKernel, ScaleKernel
from gpytorch.priors import GammaPrior, LogNormalPrior

from augury.models import GaussianProcess
from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.models.exact.stacked_likelihood import expand_stack
from tests.models.cases import Reference, central_differences, descriptors, mixed_points, outcomes, set_theta

MIXED = {"categorical_features": [3, 4]}
CODES = {"categorical_features": [0, 1]}
SCALED = ScaleKernel(RBFKernel(ard_num_dims=3, lengthscale_prior=GammaPrior(3.0, 6.0)))
SUM = RBFKernel() + LinearKernel(variance_prior=GammaPrior(2.0, 2.0))
CASES = {
    "one row": (1, 2, (), {}),
    "numeric": (20, 3, (), {}),
    "one column": (12, 1, (), {}),
    "mixed": (25, 3, (4, 2), MIXED),
    "categories only": (20, 0, (3, 5), CODES),
    "descriptors": (25, 3, (4, 2), {**MIXED, "descriptors": {3: descriptors(4)}}),
    "two tables": (25, 0, (4, 3), {**CODES, "descriptors": {1: descriptors(3, 2), 0: descriptors(4)}}),
    "one property": (25, 1, (4,), {"categorical_features": [1], "descriptors": {1: descriptors(4, 1)}}),
    "trend": (20, 3, (), {"trend": True}),
    "trend, categories": (25, 3, (4, 2), {**MIXED, "trend": True}),
    "trend, user's kernel": (20, 3, (), {"covar_module": SCALED, "trend": True}),
    "user's kernel": (20, 3, (), {"covar_module": SCALED}),
    "not stationary": (20, 2, (), {"covar_module": SUM}),
    "user's kernel, categories": (25, 3, (4, 2), {**MIXED, "covar_module": PeriodicKernel()}),
}


def build(n, numeric, cardinalities, arguments, noisy=None):
    X = mixed_points(n, numeric, cardinalities)
    Yvar = None if noisy is None else torch.linspace(*noisy, n, dtype=torch.float64).unsqueeze(-1)
    return GaussianProcess(X, outcomes(X), Yvar, **arguments)


def likelihood_of(model):
    outcome = model._outcomes[0]
    return MarginalLikelihood(outcome.covariance, outcome.y, outcome.noise)


def thetas(likelihood, count=3):
    generator = np.random.default_rng(0)
    start = likelihood.starts()[0]
    return [start + 0.5 * generator.standard_normal(len(start)) for _ in range(count)]


@pytest.mark.parametrize("noisy", [None, (0.05, 1.0)], ids=["inferred", "known"])
@pytest.mark.parametrize("case", CASES)
def test_the_gradient_is_that_of_finite_differences(case, noisy):
    likelihood = likelihood_of(build(*CASES[case], noisy=noisy))
    for theta in thetas(likelihood):
        value, gradient = likelihood.value_gradient(theta)
        slopes = central_differences(likelihood.value, theta)
        assert value == pytest.approx(likelihood.value(theta), abs=1e-10)
        np.testing.assert_allclose(gradient, slopes, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("noisy", [None, (0.05, 1.0)], ids=["inferred", "known"])
@pytest.mark.parametrize(
    ("n", "numeric", "cardinalities"),
    [(20, 3, ()), (1, 2, ()), (30, 2, (4, 2)), (20, 0, (3, 5)), (25, 1, (3,))],
)
def test_the_value_is_that_of_gpytorch(n, numeric, cardinalities, noisy):
    columns = list(range(numeric)), list(range(numeric, numeric + len(cardinalities)))
    model = build(n, numeric, cardinalities, {"categorical_features": columns[1]}, noisy)
    for theta in thetas(likelihood_of(model)):
        set_theta(model, torch.from_numpy(theta)[None])
        assert model.log_posterior() == pytest.approx(Reference(model, *columns).log_posterior(), abs=1e-8)


def test_the_constant_is_the_best_one():
    model = build(15, 2, (), {})
    likelihood = likelihood_of(model)
    _, alpha, constant = likelihood.factorise(model._outcomes[0].theta)
    assert alpha.sum() == pytest.approx(0.0, abs=1e-9)  # d log p / dc
    assert constant == model._outcomes[0].constant


def test_a_covariance_that_cannot_be_factorised_has_density_zero():
    model = build(10, 2, (), {"covar_module": ScaleKernel(RBFKernel())})
    likelihood = likelihood_of(model)
    value, gradient = likelihood.value_gradient(np.full(len(likelihood.starts()[0]), np.nan))
    assert value == -np.inf
    assert not gradient.any()


def test_the_prior_of_a_users_kernel_counts():
    plain, with_prior = (
        build(10, 2, (), {"covar_module": RBFKernel(lengthscale_prior=prior)})
        for prior in (None, LogNormalPrior(0.3, 0.7))
    )
    lengthscale = with_prior._outcomes[0].covariance.kernel.lengthscale.detach()
    expected = float(LogNormalPrior(0.3, 0.7).double().log_prob(lengthscale))
    assert with_prior.log_posterior() - plain.log_posterior() == pytest.approx(expected, abs=1e-9)


# -- the curvature ---------------------------------------------------------------------------------------

CLOSED = [case for case in CASES if "covar_module" not in CASES[case][3]]


def covariance_slopes(likelihood, theta):
    """`p x n x n`: the derivatives of `K + noise` by central differences."""
    n = len(likelihood.y)

    def entries(theta):
        free = theta[:-1] if likelihood.infers_noise else theta
        K = likelihood.covariance.matrix(free).copy()
        return (K + (np.exp(theta[-1]) if likelihood.infers_noise else 0.0) * np.eye(n)).ravel()

    return central_differences(entries, theta).T.reshape(len(theta), n, n)


@pytest.mark.parametrize("noisy", [None, (0.05, 1.0)], ids=["inferred", "known"])
@pytest.mark.parametrize("case", CLOSED)
def test_the_expansion_has_the_gradient_and_the_average_information(case, noisy):
    likelihood = likelihood_of(build(*CASES[case], noisy=noisy))
    n = len(likelihood.y)
    theta = thetas(likelihood, 1)[0]
    value, gradient, curvature = likelihood.expand(theta)
    expected_value, expected_gradient = likelihood.value_gradient(theta)
    assert value == expected_value
    np.testing.assert_array_equal(gradient, expected_gradient)

    slopes = covariance_slopes(likelihood, theta)
    K = likelihood.covariance.matrix(theta[:-1] if likelihood.infers_noise else theta).copy()
    K += np.diag(np.exp(theta[-1]) * np.ones(n) if likelihood.noise is None else likelihood.noise)
    inverse, one = np.linalg.inv(K), np.ones(n)
    P = inverse - np.outer(inverse @ one, one @ inverse) / (one @ inverse @ one)
    pulled = slopes @ (P @ likelihood.y)
    prior = -central_differences(lambda theta: likelihood.log_prior(theta)[1], theta)
    np.testing.assert_allclose(
        curvature, 0.5 * pulled @ P @ pulled.T + prior, rtol=1e-4, atol=1e-5 * np.abs(curvature).max()
    )
    assert np.linalg.eigvalsh(curvature).min() > 0.0


def test_an_expansion_where_the_covariance_cannot_be_factorised_has_no_value():
    likelihood = likelihood_of(build(10, 2, (), {}))
    assert likelihood.expand(np.full(3, np.nan)).value == -np.inf


@pytest.mark.parametrize("noisy", [None, (0.05, 1.0)], ids=["inferred", "known"])
def test_the_leave_one_out_error_is_that_of_the_models_predictions(noisy):
    model = build(20, 3, (), {}, noisy).fit()
    likelihood = likelihood_of(model)
    mean, _ = model.leave_one_out()
    Y = (model.train_targets * model.outcome_transform.stdvs + model.outcome_transform.means).reshape(-1, 1)
    expected = float((mean - Y).square().mean() / Y.var(correction=0))
    theta = model._outcomes[0].theta
    assert likelihood.leave_one_out_error(theta) == pytest.approx(expected, rel=1e-6)
    likelihood.expand(theta)
    assert likelihood.leave_one_out_error(theta) == pytest.approx(expected, rel=1e-6)  # as it was remembered
    assert likelihood.leave_one_out_error(theta + 1.0) != pytest.approx(expected, rel=1e-2)


@pytest.mark.parametrize("noisy", [None, (0.05, 1.0)], ids=["inferred", "known"])
def test_the_likelihood_of_other_outcomes_is_that_of_a_model_of_them(noisy):
    model = build(*CASES["mixed"], noisy=noisy)
    regression = model.regressions.outcomes[0]
    theta = regression.theta + 0.3
    regression.theta = theta
    Y = np.random.default_rng(0).standard_normal((25, 3)) + 2.0
    expected = []
    for y in Y.T:
        other = MarginalLikelihood(regression.covariance.rebind(regression.X), y, regression.noise)
        expected.append(other.value(theta) - other.log_prior(theta)[0])
    np.testing.assert_allclose(regression.log_likelihood_of(Y), expected, rtol=1e-10)


@pytest.mark.parametrize("noisy", [None, (0.05, 1.0)], ids=["inferred", "known"])
@pytest.mark.parametrize("case", ["one row", "numeric", "trend", "one column", "mixed"])
def test_many_expansions_at_once_are_the_single_ones(case, noisy):
    likelihood = likelihood_of(build(*CASES[case], noisy=noisy))
    points = np.array(thetas(likelihood, 4))
    of_covariance = points[:, :-1] if likelihood.infers_noise else points
    assert (likelihood.covariance.stack(of_covariance) is None) == (case == "mixed")
    values, gradients, curvatures = likelihood.expand_all(points)
    for row, theta in enumerate(points):
        single = likelihood.expand(theta)
        assert values[row] == pytest.approx(single.value, abs=1e-9)
        assert likelihood.values(points)[row] == pytest.approx(single.value, abs=1e-9)
        np.testing.assert_allclose(gradients[row], single.gradient, rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(curvatures[row], single.curvature, rtol=1e-8, atol=1e-8)


def test_expansions_at_once_survive_a_matrix_that_needs_jitter():
    X = torch.zeros(6, 2, dtype=torch.float64)
    likelihood = likelihood_of(GaussianProcess(X, outcomes(X, noise=1.0), torch.zeros(6, 1) + 1e-300))
    points = np.array(thetas(likelihood, 2))
    with pytest.raises(np.linalg.LinAlgError):
        expand_stack(likelihood.covariance.stack(points), likelihood.y, np.zeros((1, 6)), infers_noise=False)
    values, _, _ = likelihood.expand_all(points)
    np.testing.assert_allclose(values, [likelihood.expand(theta).value for theta in points])
    np.testing.assert_allclose(likelihood.values(points), values)
