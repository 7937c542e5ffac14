from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from augury.models import GaussianProcess
from augury.models.exact.plausible import draw_plausible

RNG = np.random.default_rng(0)
X = RNG.random((12, 1))
Y = np.sin(6.0 * X) + 0.5 * RNG.standard_normal((12, 1))
MANY = np.linspace(0.0, 1.0, 30)[:, None]


def process(rows: int = 12, columns: int = 1) -> GaussianProcess:
    inputs = torch.from_numpy(np.resize(X, (rows, 1)) + 1e-3 * np.arange(rows)[:, None])
    return GaussianProcess(inputs, torch.from_numpy(np.resize(Y, (rows, 1))).expand(-1, columns)).fit()


def test_averages_over_the_draws_are_those_over_the_posterior():
    outcomes = np.sin(6.0 * MANY) + 0.3 * np.random.default_rng(1).standard_normal(MANY.shape)
    model = GaussianProcess(torch.from_numpy(MANY), torch.from_numpy(outcomes)).fit()
    likelihood = model.regressions.outcomes[0].unfitted().likelihood()
    centre = model.theta[0].numpy()
    axes = [np.linspace(low, high, 60) for low, high in zip(centre - 3.0, centre + 3.0, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    log_density = np.array([likelihood.value(theta) for theta in grid])
    density = np.exp(log_density - logsumexp(log_density))
    draws, weights = draw_plausible(likelihood, centre, 300, seed=0)
    expected = density @ grid
    spread = np.sqrt(density @ (grid - expected) ** 2)
    assert (np.abs(weights @ draws - expected) < 0.2 * spread).all()
    deviation = np.sqrt(weights @ (draws - weights @ draws) ** 2)
    laplace = np.sqrt(np.linalg.inv(likelihood.expand(centre).curvature).diagonal())
    np.testing.assert_allclose(deviation, laplace, rtol=0.15)
    assert (deviation < spread).all()  # whose long tail, towards no noise, a normal law has not


def test_the_model_itself_is_left_as_it_was():
    model, point = process(), torch.tensor([[0.3]]).double()
    before = model.mean_variance(point)
    members = model.plausible(8, seed=1)
    assert sum(weight for weight, _ in members) == pytest.approx(1.0)
    assert len({float(member.noise_variance) for _, member in members}) == len(members) > 2
    assert all(torch.equal(a, b) for a, b in zip(before, model.mean_variance(point), strict=True))
    model.regressions.outcomes[0].theta = model.regressions.outcomes[0].theta  # computed anew
    assert torch.allclose(before[0], model.mean_variance(point)[0])
    again = model.plausible(8, seed=1)
    assert [weight for weight, _ in again] == [weight for weight, _ in members]


@pytest.mark.parametrize(("rows", "columns"), [(130, 1), (12, 2)])
def test_many_rows_and_several_outcomes_are_left_alone(rows, columns):
    model = process(rows, columns)
    assert model.plausible(8) == [(1.0, model)]
