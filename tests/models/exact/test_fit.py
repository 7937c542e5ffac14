"""The best hyperparameters found against a brute-force search from many starts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from augury.models import GaussianProcess
from augury.models.exact.fit import maximize_posterior
from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.problems import load_problem
from augury.space.sampling import sobol
from tests.models.cases import mixed_points, outcomes

CASES = {
    "n = 1": (1, 2, (), 0.1),
    "n = 5": (5, 2, (), 0.1),
    "n = 12, noisy": (12, 3, (), 2.0),
    "n = 20": (20, 2, (), 0.01),
    "n = 30, d = 6": (30, 6, (), 0.3),
    "mixed": (30, 2, (3, 4), 0.1),
    "categories": (25, 0, (3, 4), 0.5),
    "n = 70": (70, 3, (), 0.3),
}


def model_of(n, numeric, cardinalities, noise, seed):
    X = mixed_points(n, numeric, cardinalities, seed)
    columns = list(range(numeric, numeric + len(cardinalities)))
    return GaussianProcess(X, outcomes(X, noise=noise, seed=seed), categorical_features=columns)


def likelihood_of(model):
    outcome = model._outcomes[0]
    return MarginalLikelihood(outcome.covariance, outcome.y, outcome.noise)


def brute_force(likelihood, starts=6):
    lower, upper = likelihood.bounds()
    generator = np.random.default_rng(1)
    center = likelihood.starts()
    best = -np.inf
    for index in range(starts):
        start = np.clip(center[index % len(center)] + generator.standard_normal(len(lower)), lower, upper)
        found = minimize(
            lambda theta: tuple(-part for part in likelihood.value_gradient(theta)),
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=likelihood.bounds().T,
        )
        best = max(best, -found.fun)
    return best


@pytest.mark.parametrize("case", CASES)
def test_it_is_as_good_as_many_starts(case):
    for seed in range(2):
        model = model_of(*CASES[case], seed)
        model.fit()
        assert model.log_posterior() >= brute_force(likelihood_of(model)) - 0.1


def test_modes_are_many_where_ten_inputs_have_thirty_rows():
    task = load_problem("styblinski-tang-10")
    X = sobol(task.space, 30, seed=5)
    y = torch.tensor([[task.function(params)] for params in task.space.decode(X)], dtype=torch.float64)
    model = GaussianProcess(torch.from_numpy(X), y).fit()
    assert model.log_posterior() >= brute_force(likelihood_of(model)) - 0.1


def test_a_subset_start_of_many_rows_is_as_good():
    model = model_of(210, 3, (), 0.3, 0)
    model.fit()
    assert model.log_posterior() >= brute_force(likelihood_of(model), starts=2) - 0.1


def test_noise_is_not_taken_for_signal_of_inputs_that_do_not_matter():
    generator = np.random.default_rng(0)
    for n in (20, 40, 80, 160):
        X = generator.random((n, 4))
        y = np.sin(4.0 * X[:, 0]) + 0.1 * generator.standard_normal(n)
        model = GaussianProcess(torch.tensor(X), torch.tensor(y)[:, None]).fit()
        likelihood, density = likelihood_of(model), model.log_posterior()
        assert density >= brute_force(likelihood) - 0.1
        # The trap: short lengthscales of all inputs explain the noise; a warm start in it gets out too.
        trapped = np.array([-1.2, -0.4, -0.4, -0.4, np.log(1e-6)])
        assert maximize_posterior(likelihood, None, initial=trapped)[1] >= density - 0.1


def test_a_fit_explained_by_noise_has_longer_scales_and_stays_within_bounds():
    likelihood = likelihood_of(model_of(30, 2, (3,), 0.2, 0))
    theta = np.array([-1.0, 9.0, 0.5, -13.0])
    noisier = likelihood.explained_by_noise(theta, 1.0)
    error = likelihood.leave_one_out_error(theta) * likelihood.y.var()
    np.testing.assert_allclose(noisier[[0, 2]], [-1.0, 1.5])
    assert noisier[1] == likelihood.bounds()[1, 1]
    assert np.exp(noisier[3]) == pytest.approx(0.5 * error)
    assert likelihood.explained_by_noise(np.array([-1.0, 9.0, 0.5, np.log(0.2 * error)]), 1.0) is None


def test_a_warm_start_is_as_good_and_stays_within_bounds():
    model = model_of(30, 2, (), 0.2, 0)
    best = model.fit().log_posterior()
    likelihood = likelihood_of(model)
    far = likelihood.bounds()[1] + 100.0
    for initial in (model.theta[0].numpy(), far):
        theta, density = maximize_posterior(likelihood, None, initial=initial)
        assert density >= best - 0.1
        assert ((likelihood.bounds()[0] <= theta) & (theta <= likelihood.bounds()[1])).all()


def test_the_seed_decides():
    first, second = (model_of(210, 2, (), 0.3, 0).fit(seed=3).theta for _ in range(2))
    assert torch.equal(first, second)


def test_an_objective_that_is_nowhere_finite_returns_the_start():
    class Nowhere:
        n = 3
        infers_noise = has_curvature = False

        def starts(self):
            return np.array([[0.5], [0.5]])

        def bounds(self):
            return np.array([[0.0], [1.0]])

        def value_gradient(self, theta):
            return -np.inf, np.zeros(1)

    theta, density = maximize_posterior(Nowhere(), None)
    assert theta == 0.5
    assert density == -np.inf


def test_an_objective_that_is_finite_only_near_its_start_gives_a_finite_point():
    class Narrow:
        n = 3
        infers_noise = has_curvature = False

        def starts(self):
            return np.array([[0.5], [0.5]])

        def bounds(self):
            return np.array([[-50.0], [50.0]])

        def rough_starts(self):
            return self.starts()[:0]

        def leave_one_out_error(self, theta):
            return 1.0

        def value_gradient(self, theta):
            if abs(theta[0] - 0.5) > 0.05:
                return -np.inf, np.zeros(1)
            return float(theta[0]), np.ones(1)

    theta, density = maximize_posterior(Narrow(), None)
    assert np.isfinite(density)
    assert density >= 0.5
    assert abs(theta[0] - 0.5) <= 0.05
