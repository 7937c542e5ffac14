"""The probability of feasibility by samples: near the closed form, smooth, and used where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.models import SingleTaskGP
from botorch.models.model import Model
from botorch.posteriors.ensemble import EnsemblePosterior

from augury.acquisition.analytic import LogProbabilityOfFeasibility
from augury.acquisition.autograd import TorchAcquisition
from augury.acquisition.sampled_feasibility import SampledFeasibility, log_feasibility
from tests.acquisition.cases import check_gradient, data

X, Y = data(20, 2)
GAUSSIAN = SingleTaskGP(torch.from_numpy(X), torch.from_numpy(Y)[:, None]).eval()
POINTS = np.random.default_rng(1).random((9, 2))


class Planes(Model):
    """Fifty functions that are planes."""

    num_outputs = 1

    def posterior(self, X, **options):
        slopes = torch.linspace(-1.0, 1.0, 50, dtype=torch.float64)
        values = X.sum(dim=-1, keepdim=True).unsqueeze(-3) * slopes[:, None, None]
        return EnsemblePosterior(values)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_it_is_near_the_closed_form_of_a_gaussian_posterior(sign):
    exact = LogProbabilityOfFeasibility(GAUSSIAN, sign, -sign * float(np.median(Y))).value(POINTS)
    sampled = SampledFeasibility(GAUSSIAN, sign, -sign * float(np.median(Y)))
    values = TorchAcquisition(sampled).value(POINTS)
    np.testing.assert_allclose(np.exp(values), np.exp(exact), atol=0.06)


def test_its_gradient_is_the_slope():
    check_gradient(TorchAcquisition(SampledFeasibility(GAUSSIAN, 1.0, -0.3)), POINTS)
    check_gradient(TorchAcquisition(SampledFeasibility(Planes(), 1.0, -0.3)), POINTS)


def test_the_closed_form_is_taken_where_there_is_one():
    assert isinstance(log_feasibility(GAUSSIAN, 1.0, 0.0, 0), LogProbabilityOfFeasibility)
    sampled = log_feasibility(Planes(), 1.0, -0.5, 0)
    assert isinstance(sampled, TorchAcquisition)
    far = np.array([[0.05, 0.05], [1.0, 1.0]])
    assert np.exp(sampled.value(far))[0] == pytest.approx(1.0, abs=0.01)
    assert np.exp(sampled.value(far))[1] == pytest.approx(0.62, abs=0.1)
