"""Random features: unbiased, of the predicted deviation, never worse for orthogonal directions."""

from __future__ import annotations

import warnings
from functools import partial

import gpytorch
import pytest
import torch
from gpytorch.kernels import ScaleKernel

from augury.errors import InvalidInputError
from augury.kernels import (
    FourierFeatures,
    FourierSeries,
    PolynomialFeatures,
    PowerSeries,
    ReLUFeatures,
    VarianceWarning,
    universal_random_features,
)
from augury.kernels.activation import resolve_activation
from augury.kernels.random_feature import RandomFeatureKernel
from augury.kernels.random_features.directions import allocate, gaussian_directions

DIM, DRAWS = 6, 300


def unit(n, norm, seed):
    values = torch.randn(n, DIM, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return norm * values / values.norm(dim=1, keepdim=True)


X, W = unit(5, 0.9, 0), unit(4, 1.1, 1)
B = torch.tensor([0.3, -0.2, 0.0, 0.1], dtype=torch.float64)


def fourier(name, **options):
    return partial(FourierFeatures, FourierSeries.of(resolve_activation(name)), 32, DIM, **options)


def plain(features, **options):
    return partial(features, orthogonal=False, **options)


#: factories of maps, by seed, with independent directions, whose deviation is known exactly
INDEPENDENT = {
    "cos": plain(fourier("cos"), antithetic=False),
    "sin, damping 0": plain(fourier("sin"), antithetic=False, damping=0.0),
    "sin, pairs": plain(fourier("sin"), antithetic=True),
    "tanh, pairs": plain(fourier("tanh"), antithetic=True),
    "gelu, norms apart": plain(fourier("gelu"), antithetic=False, norms=(0.6, 1.2)),
    "tanh, polynomial": partial(PolynomialFeatures, PowerSeries.of(resolve_activation("tanh")), 64, DIM),
    "relu, polynomial": partial(PolynomialFeatures, PowerSeries.of(resolve_activation("relu"), 4), 64, DIM),
    "rectified": plain(partial(ReLUFeatures, 32, DIM), antithetic=False),
    "rectified, pairs": plain(partial(ReLUFeatures, 32, DIM, bias_scale=0.7), antithetic=True),
}


def draws(make):
    return torch.stack([make(seed=seed).estimate(X, W, B) for seed in range(DRAWS)])


@pytest.mark.parametrize("name", INDEPENDENT)
def test_products_have_the_expectation_and_the_predicted_deviation(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VarianceWarning)
        estimates = draws(INDEPENDENT[name])
    features = INDEPENDENT[name](seed=0)
    expected, deviation = features.expectation(X, W, B), features.deviation(X, W, B)
    assert float(((estimates.mean(0) - expected) / deviation).abs().max()) < 4.5 / DRAWS**0.5
    ratio = estimates.std(0) / deviation
    assert 0.93 < float(ratio.median()) < 1.07
    assert float(ratio.min()) > 0.8
    assert float(ratio.max()) < 1.3


@pytest.mark.parametrize("name", ["cos", "sin", "tanh", "gelu"])
def test_a_series_is_the_activation(name):
    function = resolve_activation(name)
    series = FourierSeries.of(function, reach=2.0)
    z = torch.linspace(-2.0, 2.0, 101, dtype=torch.float64)
    assert float((series(z) - function(z)).abs().max()) <= max(1.01 * series.residual, 1e-12)
    assert series.residual <= 1e-2 * float(function(z).abs().max())
    expected = FourierFeatures(series, 8, DIM).expectation(X, W, B)
    assert torch.allclose(expected, series(X @ W.mT + B))


def test_a_power_series_is_the_best_polynomial():
    """Of a polynomial, itself; of ReLU, with the known Hermite coefficients."""
    cubic = PowerSeries.of(resolve_activation(lambda z: 1.0 + z**3), degree=5, scale=0.5)
    expected = torch.tensor([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], dtype=torch.float64)
    assert torch.allclose(cubic.coefficients, expected, atol=1e-9)
    assert cubic.residual < 1e-7
    relu = PowerSeries.of(resolve_activation("relu"), degree=2)
    density = (2.0 * torch.pi) ** -0.5  # a_0 = density, a_1 = 1/2, a_2 = density / 2
    expected = torch.tensor([0.5 * density, 0.5, 0.5 * density], dtype=torch.float64)
    assert torch.allclose(relu.coefficients, expected, atol=1e-10)


def test_directions_are_normal_orthogonal_and_in_pairs():
    generator = torch.Generator().manual_seed(0)
    rows = gaussian_directions(4000, 5, generator)
    assert torch.equal(rows[0::2], -rows[1::2])
    block = rows[0:10:2]
    gram = block @ block.mT
    assert torch.allclose(gram, torch.diag(gram.diagonal()), atol=1e-12)
    assert torch.allclose(rows.mT @ rows / len(rows), torch.eye(5).double(), atol=0.12)
    assert abs(float(rows.pow(4).mean()) - 3.0) < 0.3  # norms as those of normal vectors


@pytest.mark.parametrize("kind", ["fourier", "rectified"])
def test_orthogonal_directions_have_less_variance(kind):
    make = fourier("tanh") if kind == "fourier" else partial(ReLUFeatures, 32, DIM)
    spread = [draws(partial(make, orthogonal=orthogonal)).var(0).mean() for orthogonal in (True, False)]
    assert float(spread[0]) < 0.8 * float(spread[1])


def test_the_damping_has_the_least_deviation():
    make = fourier("cos", orthogonal=False, antithetic=False, norms=(1.0, 1.0))
    x, w = unit(1, 1.0, 2), unit(1, 1.0, 3)
    best = float(make().damping[0])
    second = [
        float(make(damping=best * factor).deviation(x, w).square() + make().expectation(x, w).square() / 32)
        for factor in (0.0, 0.7, 1.0, 1.4)
    ]
    # what is least is E|Z|^2; the variance of the real part is half of it but for terms in E Z^2
    assert best > 0.0
    assert min(second) >= 0.97 * second[2]
    assert second[2] < second[0]


@pytest.mark.parametrize(("count", "shares"), [(10, [1.0, 2.0]), (7, [1.0, 1.0, 1e-9]), (1, [0.4, 0.6])])
def test_all_features_are_given_away_and_every_term_has_one(count, shares):
    given = allocate(torch.tensor(shares).double(), count)
    assert int(given.sum()) == max(count, len(shares))
    assert int(given.min()) >= 1


def test_an_exploding_variance_is_told_with_its_size():
    features = universal_random_features("cos", 64, DIM)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        features.estimate(X, W)
    with pytest.warns(VarianceWarning, match=r"predicted standard deviation of [0-9.e+]+ for values of size"):
        features.estimate(3.0 * X, 3.0 * W)


@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_polynomials_serve_any_activation(name):
    features = universal_random_features(name, 4000, DIM, expansion="hermite", norms=(0.9, 1.1))
    estimate = features.estimate(X, W, B)
    assert float((estimate - resolve_activation(name)(X @ W.mT + B)).abs().mean()) < 0.1


def test_bad_arguments_are_refused():
    series = FourierSeries.of(resolve_activation("cos"))
    powers = PowerSeries.of(resolve_activation("tanh"))
    for bad in (
        lambda: FourierFeatures(series, 0, DIM),
        lambda: FourierFeatures(series, 8, DIM, norms=(0.0, 1.0)),
        lambda: FourierFeatures(series, 8, DIM, damping=-1.0),
        lambda: PolynomialFeatures(powers, 8, DIM, norms=(1.0, -1.0)),
        lambda: ReLUFeatures(8, DIM, bias_scale=-1.0),
        lambda: ReLUFeatures(8, DIM, bias_scale=0.0).estimate(X, W, B),
        lambda: ReLUFeatures(8, DIM)(X[:, :3]),
        lambda: FourierSeries.of(resolve_activation("abs"), 2.0, 1e-6),
        lambda: PowerSeries.of(resolve_activation("tanh"), 40),
        lambda: universal_random_features("sinus", 8, DIM),
        lambda: universal_random_features("tanh", 8, DIM, expansion="taylor"),
    ):
        with pytest.raises(InvalidInputError):
            bad()


def test_the_kernel_is_the_product_of_features_at_low_rank():
    features = ReLUFeatures(16, DIM)
    kernel = RandomFeatureKernel(features)
    product = features(X) @ features(W).mT
    assert torch.allclose(kernel(X, W).to_dense(), product)
    assert torch.allclose(kernel(X, diag=True), features(X).square().sum(-1))
    rows = torch.rand(40, DIM, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    assert kernel(rows).evaluate_kernel().root.shape == (40, 16)
    scaled = ScaleKernel(RandomFeatureKernel(ReLUFeatures(4096, DIM))).double()
    scaled.outputscale = 2.0
    expected = 2.0 * features.expectation(X, X, torch.ones(5).double())
    assert torch.allclose(scaled(X).to_dense(), expected, rtol=0.15)
    with gpytorch.settings.fast_computations(False, False, False):
        assert float(torch.linalg.eigvalsh(kernel(rows).to_dense()).min()) > -1e-12
