"""Space mapping: what it finds of a coarse model at other inputs, and its limits."""

from __future__ import annotations

import pytest
import torch
from torch.quasirandom import SobolEngine

from augury.models import CoKriging, SpaceMapping
from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.problems.multi_fidelity import mapped_rosenbrock
from tests.models.cases import central_differences
from tests.models.multi_fidelity.cases import at, error, forrester_data, grid, training


def coarse(X):
    return torch.sin(9.0 * X[:, 0]) + X[:, 0]


def fine(X):
    return 2.0 * coarse(1.1 * (X - 0.5) + 0.5 + 0.08) + 3.0


@pytest.fixture(scope="module")
def shifted():
    return training((coarse, fine), grid(21), grid(21)[[1, 6, 10, 15, 19]])


def test_a_shifted_and_stretched_response_is_found(shifted):
    model = SpaceMapping(*shifted, fidelity_features=[1]).fit()
    A, b = model.maps[0]
    assert float(A) == pytest.approx(1.1, abs=0.02)
    assert float(b) == pytest.approx(0.08, abs=0.01)
    assert float(model.rho) == pytest.approx(2.0, abs=0.1)
    assert error(model, fine) < 0.1 * error(CoKriging(*shifted, fidelity_features=[1]).fit(), fine)


def test_before_the_fit_it_is_co_kriging(shifted):
    mapped, chain = (cls(*shifted, fidelity_features=[1]) for cls in (SpaceMapping, CoKriging))
    new = at(grid(7), 1)
    torch.testing.assert_close(mapped.posterior(new).mean, chain.posterior(new).mean)
    torch.testing.assert_close(mapped.posterior(new).variance, chain.posterior(new).variance)


def test_where_nothing_is_mapped_it_finds_the_identity():
    model = SpaceMapping(*forrester_data(), fidelity_features=[1]).fit()
    A, b = model.maps[0]
    assert float((A - 1.0).abs() + b.abs()) < 0.02
    assert float(model.rho) == pytest.approx(2.0, abs=0.05)  # the posterior is 0.03 nat higher at 1.957


def test_the_gradient_of_the_training_objective_is_its_slope(shifted):
    outcome = SpaceMapping(*shifted, fidelity_features=[1])._outcomes[0].unfitted()
    outcome.covariance.kernel.draw_maps(torch.Generator().manual_seed(0))
    likelihood = MarginalLikelihood(outcome.covariance, outcome.y, outcome.noise)
    theta = outcome.theta
    theta[-1] = -3.0
    _, gradient = likelihood.value_gradient(theta)
    expected = torch.from_numpy(central_differences(likelihood.value, theta))
    torch.testing.assert_close(torch.from_numpy(gradient), expected, rtol=1e-4, atol=1e-4)


def test_the_published_pair_has_its_published_minimum():
    low, high = mapped_rosenbrock()
    minimum = (torch.tensor([[1.2718447, 0.4951456]], dtype=torch.float64) + 2.0) / 4.0
    assert float(high(minimum)) < 1e-10
    X = SobolEngine(2, scramble=True, seed=0).draw(50, dtype=torch.float64)
    A = torch.tensor([[1.1, -0.2], [0.2, 0.9]], dtype=torch.float64)
    b = torch.tensor([-0.075, 0.075], dtype=torch.float64)
    torch.testing.assert_close(high(X), low((X - 0.5) @ A.mT + 0.5 + b))


def test_it_has_no_maps_without_levels():
    assert SpaceMapping(grid(5), grid(5)).maps == []
