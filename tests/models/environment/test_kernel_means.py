from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import truncnorm

from augury.models.environment.kernel_means import KernelMean, NormalMean, UniformMean
from augury.space.environment import NormalMeasure

NORMALS = [(0.5, 0.1), (0.2, 0.02), (-0.5, 0.3), (1.4, 0.2), (0.5, 3.0), (0.5, 0.002)]
W = np.array([0.0, 0.13, 0.5, 0.77, 1.0])


def kernel(distance: float, lengthscale: float) -> float:
    u = np.sqrt(5.0) * abs(distance) / lengthscale
    return float((1.0 + u + u * u / 3.0) * np.exp(-u))


def integral(function, breaks) -> float:
    edges = sorted({0.0, 1.0, *(float(one) for one in breaks if 0.0 < one < 1.0)})
    return sum(
        quad(function, low, high, epsabs=1e-12, epsrel=1e-11, limit=200)[0] for low, high in pairwise(edges)
    )


@pytest.mark.parametrize("lengthscale", [0.025, 0.3, 2.0, 300.0])
@pytest.mark.parametrize("normal", [None, *NORMALS])
def test_kernel_means_are_integrals(lengthscale: float, normal: tuple[float, float] | None) -> None:
    if normal is None:
        found: KernelMean = UniformMean(lengthscale)
        density, middle = (lambda w: 1.0), []
    else:
        mean, std = normal
        found = NormalMean(lengthscale, NormalMeasure(mean, std))
        law = truncnorm(-mean / std, (1.0 - mean) / std, loc=mean, scale=std)
        density, middle = law.pdf, [mean + k * std for k in (-8, -3, 0, 3, 8)]
    reach = lengthscale * np.array([-15.0, -4.0, 0.0, 4.0, 15.0])
    exact = [
        integral(lambda t, w=w: kernel(t - w, lengthscale) * density(t), [*middle, *(w + reach)]) for w in W
    ]
    np.testing.assert_allclose(found(W), exact, rtol=0.0, atol=1e-8)
    total = integral(lambda w: float(found(np.array([w]))[0]) * density(w), middle)
    assert found.total == pytest.approx(total, abs=1e-8)


@pytest.mark.parametrize("lengthscale", [0.1, 2.0])
@pytest.mark.parametrize("normal", [None, (0.3, 0.1), (0.5, 9.0)])
def test_derivatives(lengthscale: float, normal: tuple[float, float] | None) -> None:
    mean = UniformMean(lengthscale) if normal is None else NormalMean(lengthscale, NormalMeasure(*normal))
    w = W[1:-1]
    expected = (mean(w + 1e-5) - mean(w - 1e-5)) / 2e-5
    np.testing.assert_allclose(mean.derivative(w), expected, rtol=1e-6, atol=1e-8)
