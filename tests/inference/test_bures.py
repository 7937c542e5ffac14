"""The Bures distance against its textbook formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from augury.inference.bures import bures_distance


def gaussian(n, seed):
    generator = torch.Generator().manual_seed(seed)
    root = torch.randn(n, n, dtype=torch.float64, generator=generator)
    return torch.randn(n, dtype=torch.float64, generator=generator), root @ root.T / n


def draws(count, n, seed):
    return torch.randn(count, n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) + 0.3


@pytest.mark.parametrize("count", [4, 50])
def test_it_is_the_formula_of_dowson_and_landau(count):
    samples, (mean, covariance) = draws(count, 6, 0), gaussian(6, 1)
    C1, C2 = np.cov(samples.numpy().T, bias=True), covariance.numpy()
    root = sqrtm(C2).real
    expected = (
        np.sum((samples.mean(0) - mean).numpy() ** 2)
        + np.trace(C1 + C2)
        - 2.0 * np.trace(sqrtm(root @ C1 @ root).real)
    )
    assert float(bures_distance(samples, mean, covariance)) == pytest.approx(expected, abs=1e-7)


def test_it_vanishes_for_equal_moments():
    samples = draws(40, 5, 2)
    centred = samples - samples.mean(0)
    distance = bures_distance(samples, samples.mean(0), centred.T @ centred / 40)
    assert float(distance) == pytest.approx(0.0, abs=1e-12)


def test_its_gradient_is_its_slope():
    mean, covariance = gaussian(4, 3)
    samples = draws(7, 4, 4).requires_grad_(True)
    assert torch.autograd.gradcheck(lambda values: bures_distance(values, mean, covariance), samples)
