"""Learning the weights of many kernels: the solver's steps against brute force, and what it finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from gpytorch.kernels import ConstantKernel, MaternKernel, RBFKernel

from augury.errors import InvalidInputError
from augury.inference.multiple_kernels.cone import cone_step, successive_cones
from augury.inference.multiple_kernels.evidence import Evidence
from augury.inference.multiple_kernels.majorise_minimise import majorise_minimise
from augury.inference.multiple_kernels.noise import series_noise_variance
from augury.inference.multiple_kernels.proximal import proximal_weights, smallest_of_bound
from augury.kernels import GridSpectralMixtureKernel, KernelDictionary
from augury.kernels.linear_multiple.row_pairs import EvenSeries, RepeatedDifferences
from tests.models.cases import central_differences, points

NOISE = 0.3


def case(n=12, count=5):
    X = points(n, 1) * 10.0
    components = GridSpectralMixtureKernel(1, count, std=0.02).components(X)
    rng = np.random.default_rng(1)
    y = np.sin(2.0 * X[:, 0].numpy()) + 0.3 * rng.normal(size=n) + 1.0
    return components, y, rng.random(count) + 0.1


def dense_objective(components, y, weights, noise, shape, constant):
    C = components.matrix(weights) + noise * np.diag(shape)
    inverse = np.linalg.inv(C)
    if constant:
        y = y - inverse.sum(axis=0) @ y / inverse.sum()
    return float(y @ inverse @ y + np.linalg.slogdet(C)[1])


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("columns", [False, True])
def test_both_forms_give_the_objective_and_its_slopes(columns, constant):
    """By rows and by columns (Woodbury): the value of a brute force, and its finite differences."""
    X = points(12, 1) * 10.0
    components = (
        GridSpectralMixtureKernel(1, 1, (0.1, 0.1), std=0.001).components(X) if columns else case()[0]
    )
    y, shape = case()[1], np.linspace(0.5, 2.0, 12)
    weights = np.random.default_rng(2).random(len(components)) + 0.1
    evidence = Evidence(components, y, shape, constant)
    assert components.has_few_columns is columns
    terms = evidence.terms(weights, NOISE)
    assert terms.objective == pytest.approx(dense_objective(components, y, weights, NOISE, shape, constant))

    def objective(at):
        return dense_objective(components, y, at[1:], at[0], shape, constant)

    slopes = central_differences(objective, np.append(NOISE, weights))
    given = np.append(terms.noise_complexity - terms.noise_fit, terms.complexity - terms.fit)
    assert np.allclose(given, slopes, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("constant", [False, True])
def test_on_an_even_series_the_inverse_is_not_needed(constant):
    """All is as by the inverse, for weights of which some are zero."""
    x = torch.arange(30.0).double().unsqueeze(-1)
    components = GridSpectralMixtureKernel(1, 20, std=0.01).components(x)
    pairs = components.lags.pairs
    assert isinstance(pairs, EvenSeries)
    by_inverse = RepeatedDifferences(pairs.differences, pairs.index)
    uneven = replace(components, lags=replace(components.lags, pairs=by_inverse))
    y, weights = np.random.default_rng(0).normal(size=30) + 1.0, np.linspace(-0.5, 1.0, 20).clip(0.0)
    found, expected = (
        Evidence(one, y, constant=constant).by_rows(weights, NOISE) for one in (components, uneven)
    )
    for name in ("objective", "fit", "complexity", "noise_fit", "noise_complexity"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("noise", [None, 0.1])
def test_the_objective_never_rises(noise):
    components, y, _ = case(40, 60)
    learnt = majorise_minimise(components, y, noise, constant=True)
    assert np.diff(learnt.objective_trace[:-1]).max() <= 1e-9
    assert (
        abs(learnt.objective_trace[-1] - learnt.objective_trace[-2]) < 0.05
    )  # dropped components are of no use
    assert learnt.kkt_gap < 0.05
    assert 0 < learnt.num_nonzero < 30


def test_planted_components_are_found():
    """Three cosines in noise: the three largest weights are theirs, and little weight is elsewhere."""
    x = torch.arange(120.0).double().unsqueeze(-1)
    kernel = GridSpectralMixtureKernel(1, 101)
    planted = [10, 42, 77]
    rng = np.random.default_rng(0)
    y = 0.2 * rng.normal(size=120)
    for i in planted:
        phase = 2.0 * np.pi * (float(kernel.frequencies[i, 0]) * x[:, 0].numpy() + rng.random())
        y += np.cos(phase)
    learnt = majorise_minimise(kernel.components(x), y, 0.04)
    assert sorted(np.argsort(learnt.weights)[-3:]) == planted
    near = [i + step for i in planted for step in (-1, 0, 1)]
    assert learnt.weights[near].sum() > 0.95 * learnt.weights.sum()


def test_a_component_that_began_at_zero_is_taken_up_if_it_is_of_use():
    x = np.arange(80.0)
    kernel = GridSpectralMixtureKernel(1, 51)
    y = np.cos(2.0 * np.pi * float(kernel.frequencies[20, 0]) * x)
    y += 0.1 * np.random.default_rng(0).normal(size=80)
    initial = np.where(np.arange(51) == 20, 0.0, 0.01)
    learnt = majorise_minimise(kernel.components(torch.from_numpy(x[:, None])), y, 0.01, initial=initial)
    assert np.argmax(learnt.weights) == 20
    assert learnt.kkt_gap < 0.05


def test_the_solver_ends_where_a_general_optimiser_does():
    from scipy.optimize import minimize

    X = points(25, 1)
    kernels = [RBFKernel(), MaternKernel(0.5), ConstantKernel()]
    for kernel, scale in zip(kernels[:2], (0.3, 1.0), strict=True):
        kernel.lengthscale = scale
    components = KernelDictionary(kernels).components(X)
    y = np.sin(6.0 * X[:, 0].numpy()) + 0.1 * np.random.default_rng(0).normal(size=25)
    learnt = majorise_minimise(components, y, 0.01, tolerance=1e-12, max_iterations=20_000)
    other = minimize(
        lambda w: dense_objective(components, y, w, 0.01, np.ones(25), False),
        np.full(3, 0.3),
        bounds=[(0.0, None)] * 3,
        method="L-BFGS-B",
        options={"ftol": 1e-14},
    )
    assert learnt.objective_trace[-1] == pytest.approx(other.fun, abs=1e-3)


def test_cone_programmes_agree():
    """One exact step is the solver's own of the same convex problem; their ends have one objective."""
    pytest.importorskip("cvxpy")
    components, y, weights = case()
    evidence = Evidence(components, y)
    slopes = evidence.terms(weights, NOISE).complexity
    exact = cone_step(components, y, NOISE, slopes)

    def convex(w):
        return float(y @ np.linalg.solve(components.matrix(w) + NOISE * np.eye(12), y) + slopes @ w)

    own = weights
    for _ in range(4_000):
        own = own * np.sqrt(evidence.terms(own, NOISE).fit / slopes)
    assert convex(exact) == pytest.approx(convex(own), abs=1e-5)
    by_cones = successive_cones(components, y, NOISE, tolerance=1e-6)
    by_bounds = majorise_minimise(components, y, NOISE, tolerance=1e-9, max_iterations=10_000)
    assert np.diff(by_cones.objective_trace).max() <= 1e-6
    assert by_cones.objective_trace[-1] == pytest.approx(by_bounds.objective_trace[-1], abs=1e-2)


def test_the_minimum_of_the_bound_is_the_least_of_a_fine_grid():
    rng = np.random.default_rng(0)
    p, b, centre = rng.random(50), rng.normal(size=50) * 3.0, rng.random(50)
    p[:10] = 0.0
    found = smallest_of_bound(p, b, 2.0, centre)
    grid = np.linspace(1e-6, 10.0, 200_001)[:, None]
    values = p / grid + b * grid + (grid - centre) ** 2
    assert np.allclose(found, grid[values.argmin(axis=0), 0], atol=1e-4)


def test_a_strong_spring_holds_the_weights():
    components, y, weights = case()
    evidence = Evidence(components, y)
    held = proximal_weights(evidence, weights, NOISE, weights, np.zeros(5), 1e9)
    assert np.allclose(held, weights, atol=1e-6)
    free = proximal_weights(
        evidence, weights, NOISE, weights, np.zeros(5), 1e-12, max_iterations=1_500, tolerance=0.0
    )
    alone = majorise_minimise(components, y, NOISE, tolerance=1e-12, max_iterations=4_000)
    assert evidence.terms(free, NOISE).objective == pytest.approx(alone.objective_trace[-1], abs=1e-2)


def test_noise_of_a_series_is_found():
    rng = np.random.default_rng(0)
    t = np.linspace(0.0, 4.0 * np.pi, 400)
    assert series_noise_variance(np.sin(t) + 0.2 * rng.normal(size=400)) == pytest.approx(0.04, rel=0.2)


def test_equal_outcomes_need_no_kernel():
    components, y, _ = case()
    with pytest.warns(UserWarning, match="all outcomes are equal"):
        learnt = majorise_minimise(components, np.ones_like(y))
    assert learnt.num_nonzero == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c, y: majorise_minimise(c, y[:-1]), "12 outcomes"),
        (lambda c, y: majorise_minimise(c, y, 0.0), "positive variance"),
        (lambda c, y: majorise_minimise(c, y * np.nan), "not finite"),
        (lambda c, y: majorise_minimise(c, y, initial=-np.ones(5)), "negative"),
        (lambda c, y: successive_cones(c, y[:-1], 0.1), "12 outcomes"),
        (lambda c, y: series_noise_variance(y[:2]), "at least 3"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    components, y, _ = case()
    with pytest.raises(InvalidInputError, match=message):
        call(components, y)


def test_one_row_teaches_no_weights():
    components = GridSpectralMixtureKernel(1, 3).components(torch.zeros(1, 1).double())
    with pytest.raises(InvalidInputError, match="two rows"):
        majorise_minimise(components, np.zeros(1))
