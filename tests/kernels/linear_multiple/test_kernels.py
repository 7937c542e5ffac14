"""Combinations of fixed kernels: the grid spectral mixture, and dictionaries of any kernels."""

from __future__ import annotations

from dataclasses import replace
from math import pi

import numpy as np
import pytest
import torch
from gpytorch.kernels import LinearKernel, MaternKernel, RBFKernel, SpectralMixtureKernel

from augury.errors import InvalidInputError
from augury.kernels import GridSpectralMixtureKernel, KernelDictionary
from augury.kernels.linear_multiple.components import Components
from augury.kernels.linear_multiple.row_pairs import EvenSeries
from augury.testing import KERNEL_CHECKS
from tests.models.cases import points


def dictionary() -> KernelDictionary:
    return KernelDictionary([RBFKernel(), MaternKernel(1.5), LinearKernel()])


def spectral(dim: int = 2, count: int = 7) -> GridSpectralMixtureKernel:
    return GridSpectralMixtureKernel(dim, count, (0.0, 2.0), 0.2)


@pytest.mark.parametrize("check", KERNEL_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("factory", [spectral, dictionary])
def test_they_conform(factory, check):
    check(factory)


@pytest.mark.parametrize("dim", [1, 3])
def test_the_spectral_mixture_is_that_of_gpytorch(dim):
    """The sum of GPyTorch's spectral mixtures of one component each."""
    kernel = spectral(dim)
    kernel.weights = torch.linspace(0.1, 2.0, 7)
    X, expected = points(6, dim), torch.zeros(6, 6).double()
    for weight, frequency in zip(kernel.weights.detach(), kernel.frequencies, strict=True):
        theirs = SpectralMixtureKernel(num_mixtures=1, ard_num_dims=dim).double()
        theirs.mixture_weights = weight.reshape(1) ** (1.0 / dim)  # it takes the weight in each input
        theirs.mixture_means = frequency.clamp_min(1e-12).reshape(1, 1, dim)
        theirs.mixture_scales = kernel.std.reshape(1, 1, dim)
        expected += theirs(X).to_dense().detach()
    assert torch.allclose(kernel(X).to_dense(), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("kernel", "dim"), [(spectral(1), 1), (spectral(2), 2), (spectral(6), 6), (dictionary(), 2)]
)
def test_components_are_the_matrices_of_the_kernels(kernel, dim):
    X = points(16, dim)
    components = kernel.components(X)
    rng = np.random.default_rng(0)
    weights, S, a = rng.random(kernel.num_components), rng.normal(size=(16, 16)), rng.normal(size=16)
    matrices = []
    for i in range(kernel.num_components):
        one = kernel.combination(X, X, torch.ones(1).double(), torch.tensor([i])).numpy()
        assert np.allclose(
            components[np.array([i])].roots @ components[np.array([i])].roots.T, one, atol=1e-7
        )
        matrices.append(one)
    K = np.array(matrices)
    assert np.allclose(components.matrix(weights), np.einsum("a,aij->ij", weights, K), atol=1e-7)
    assert np.allclose(components.inner_products(S + S.T), np.einsum("ij,aij->a", S + S.T, K), atol=1e-6)
    assert np.allclose(components.quadratic_forms(a), np.einsum("i,aij,j->a", a, K, a), atol=1e-6)
    assert np.allclose(components.diagonal_sums(), np.einsum("aii->a", K), atol=1e-7)


@pytest.mark.parametrize(
    ("X", "count"),
    [
        (
            torch.linspace(0.0, 1.0, 40, dtype=torch.float64).unsqueeze(-1),
            40,
        ),  # steps that floats do not have exactly
        (torch.cartesian_prod(*[torch.arange(4.0).double()] * 3), 64),
        (points(6, 3).repeat(2, 1), 16),  # repeated rows
        (points(20, 4), 191),  # no difference twice
        (points(8, 5), 29),  # and fewer rows than a product of cosines has columns
    ],
)
def test_sums_by_differences_are_those_by_factors(X, count):
    """As many numbers as differences, and the same sums."""
    kernel = spectral(X.shape[1])
    components = kernel.components(X)
    assert components.lags is not None
    assert components.lags.values.shape == (count, 7)
    assert isinstance(components.lags.pairs, EvenSeries) is (count == 40)
    few, both = components[np.arange(7) % 3 == 0], np.arange(3)
    assert np.allclose(few.matrix(both), replace(few, lags=None).matrix(both), atol=1e-9)
    by_factors = replace(components, lags=None)
    rng = np.random.default_rng(0)
    weights, S, a = rng.random(7), rng.normal(size=(len(X), len(X))), rng.normal(size=len(X))
    assert np.allclose(components.matrix(weights), by_factors.matrix(weights), atol=1e-9)
    assert np.allclose(components.inner_products(S + S.T), by_factors.inner_products(S + S.T), atol=1e-7)
    C = components.matrix(weights) + 0.1 * np.eye(len(X))
    L = np.asfortranarray(np.linalg.cholesky(C))
    for own, other in zip(
        components.forms_and_traces(a, L.copy(order="F")), by_factors.forms_and_traces(a, L), strict=True
    ):
        assert np.allclose(own, other, atol=1e-7)


@pytest.mark.parametrize("dim", range(1, 6))
def test_differences_that_do_not_repeat_are_worth_it_where_factors_are_long(dim):
    """Of four inputs on, a factor has 16 columns and more."""
    assert (spectral(dim).components(points(40, dim)).lags is not None) is (dim >= 4)


def test_a_component_of_two_frequencies_has_few_columns():
    """Cosines have rank 2 whatever the number of rows."""
    components = GridSpectralMixtureKernel(1, 50).components(torch.arange(200.0).unsqueeze(-1).double())
    assert components.factors.shape == (200, 100)
    assert components.envelope.shape[1] < 12


def test_frequencies_are_where_they_are_asked_for():
    uniform = GridSpectralMixtureKernel(2, 5, (0.0, 0.5), sampling="uniform").frequencies
    assert torch.equal(uniform, torch.linspace(0.0, 0.5, 5).double().unsqueeze(-1).expand(5, 2))
    ranges = [(0.0, 0.1), (1.0, 2.0)]
    for sampling in ("sobol", "random"):
        frequencies = GridSpectralMixtureKernel(2, 64, ranges, sampling=sampling, seed=3).frequencies
        for column, (low, high) in zip(frequencies.T, ranges, strict=True):
            assert low <= column.min() <= column.max() <= high
            assert column.max() - column.min() > 0.9 * (high - low)
    assert GridSpectralMixtureKernel(3).num_components == 300
    assert GridSpectralMixtureKernel().num_components == 500


def test_the_width_is_a_standard_deviation_of_frequency():
    """The spectrum of one component is a Gaussian of that deviation: covariance exp(-2 pi^2 s^2 tau^2)."""
    kernel = GridSpectralMixtureKernel(1, 1, (0.0, 0.0), 0.1)
    X = torch.tensor([[0.0], [2.0]]).double()
    assert float(kernel(X).to_dense()[0, 1].detach()) == pytest.approx(np.exp(-2.0 * pi**2 * 0.01 * 4.0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: KernelDictionary([]), "at least one"),
        (lambda: KernelDictionary([RBFKernel(), 3]), "component 1 must be"),
        (lambda: KernelDictionary([RBFKernel(batch_shape=torch.Size([2]))]), "batch"),
        (lambda: GridSpectralMixtureKernel(0), "num_dims"),
        (lambda: GridSpectralMixtureKernel(1, 0), "at least one"),
        (lambda: GridSpectralMixtureKernel(1, 3, (0.5, 0.1)), "frequency_range"),
        (lambda: GridSpectralMixtureKernel(1, 3, std=-1.0), "std"),
        (lambda: GridSpectralMixtureKernel(1, 3, sampling="dense"), "sampling"),
        (lambda: setattr(spectral(), "weights", -torch.ones(7)), "weights"),
        (lambda: spectral(2).components(points(4, 3)), "2 inputs"),
        (lambda: Components.of_matrices([np.diag([1.0, -1.0])]), "not positive semi-definite"),
        (lambda: Components.of_matrices([np.full((2, 2), np.nan)]), "not finite"),
        (lambda: Components.of_matrices([]), "at least one"),
    ],
)
def test_bad_arguments_are_refused(make, message):
    with pytest.raises(InvalidInputError, match=message):
        make()
