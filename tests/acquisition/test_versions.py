"""Acquisitions of a version against their definitions, and against those of one version."""

import math

import numpy as np
import pytest
import torch

from augury.acquisition.analytic import LogExpectedImprovement
from augury.acquisition.versions import (
    VERSION_ACQUISITIONS,
    VersionMoments,
    augmented_ei,
    max_value_entropy,
    variable_fidelity_ei,
    version_acquisition,
)
from augury.models import CoKriging
from augury.problems.multi_fidelity import forrester

POINTS = np.array([[0.12], [0.27], [0.47], [0.55], [0.72], [0.86]])
PAIRS = np.hstack([POINTS, np.zeros_like(POINTS)])


@pytest.fixture(scope="module")
def model():
    low, high = forrester()
    cheap = torch.linspace(0.0, 1.0, 7).double()[:, None]
    dear = torch.tensor([[0.0], [0.4], [0.6], [1.0]]).double()
    X = torch.cat([torch.cat([cheap, 0.0 * cheap], 1), torch.cat([dear, 0.0 * dear + 1.0], 1)])
    return CoKriging(X, torch.cat([low(cheap), high(dear)])[:, None], fidelity_features=[1]).fit()


def acquisition(model, name, level, cost=0.1, best=-0.5):
    if name == "mf-mes":
        best = torch.tensor([0.5, 2.0, 6.0]).double()
    formula = VERSION_ACQUISITIONS[name]
    return version_acquisition(
        formula, model, best, column=1, level=level, target=1.0, cost=cost, maximize=False
    )


@pytest.mark.parametrize("name", VERSION_ACQUISITIONS)
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_gradients_are_those_of_finite_differences(model, name, level):
    one, step = acquisition(model, name, level), 1e-6
    _, gradient = one.value_gradient(PAIRS)
    moved = np.array([[step, 0.0]])
    differences = (one.value(PAIRS + moved) - one.value(PAIRS - moved)) / (2.0 * step)
    np.testing.assert_allclose(gradient[:, 0], differences, rtol=2e-3, atol=2e-3)


def test_of_the_target_expected_improvement_is_the_ordinary_one(model):
    at_target = np.hstack([POINTS, np.ones_like(POINTS)])
    expected = LogExpectedImprovement(model, 0.5, maximize=False).value(at_target)
    found = acquisition(model, "variable-fidelity-ei", 1.0).value(PAIRS)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["augmented-ei", "mf-mes"])
def test_a_price_ten_times_as_high_is_a_tenth_of_the_worth(model, name):
    cheap, dear = (acquisition(model, name, 0.0, cost).value(PAIRS) for cost in (0.1, 1.0))
    np.testing.assert_allclose(cheap - dear, math.log(10.0), rtol=1e-9)


def moments(correlation, mean=0.3, std=0.7, noise=0.0):
    def number(value):
        return torch.tensor([value], dtype=torch.float64)

    return VersionMoments(number(mean), number(std), number(1.3), number(correlation), noise)


def test_a_version_without_relation_is_worth_nothing():
    assert float(augmented_ei(moments(0.0), 0.0, 0.1)) < -20.0
    assert float(variable_fidelity_ei(moments(0.0, mean=-0.3), 0.0, 0.1)) < -20.0
    assert float(max_value_entropy(moments(0.0), torch.tensor([1.0]).double(), 0.1)) < -20.0


def test_the_entropy_bound_is_that_of_the_variance_given_the_maximum():
    one, best = moments(0.8, noise=0.2), 0.9
    rng = np.random.default_rng(0)
    z = rng.multivariate_normal([0.0, 0.0], [[1.0, 0.8], [0.8, 1.0]], size=400_000)
    y = 1.3 * z[:, 0] + 0.2 * rng.normal(size=len(z))
    kept = 0.3 + 0.7 * z[:, 1] <= best
    expected = -0.5 * math.log(y[kept].var() / (1.3**2 + 0.2**2))
    found = float(max_value_entropy(one, torch.tensor([best]).double(), 1.0).exp())
    assert found == pytest.approx(expected, rel=0.02)


def test_noise_takes_its_part_of_augmented_expected_improvement():
    share = 1.0 - 0.5 / math.hypot(1.3, 0.5)
    noisy, exact = (augmented_ei(moments(0.8, noise=noise), 0.0, 1.0) for noise in (0.5, 0.0))
    assert float((noisy - exact).exp()) == pytest.approx(share, rel=1e-9)
