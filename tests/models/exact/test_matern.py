"""The closed-form covariance against GPyTorch's kernels, itself as tensors, and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.models.kernels.categorical import CategoricalKernel
from gpytorch.kernels import MaternKernel
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.models.exact.features import Features
from augury.models.exact.matern import MaternCovariance
from augury.space.conditions import Condition, Conditions
from tests.models.cases import central_differences, descriptors, mixed_points

# column 0 exists for the categories 0 and 2 of column 2; column 3 for 1 and 2 of it
CONDITIONS = Conditions([Condition(0, 2, (0.0, 2.0)), Condition(3, 2, (1.0, 2.0))], 4)
FEATURES = {
    "numeric": (3, (), Features.of(3, None, None)),
    "mixed": (2, (4, 3), Features.of(4, [2, 3], None)),
    "categories only": (0, (4, 3), Features.of(2, [0, 1], None)),
    "descriptors": (2, (4, 3), Features.of(4, [2, 3], {3: descriptors(3)})),
    "conditional": (2, (4, 3), Features.of(4, [2, 3], None, CONDITIONS)),
    "conditional descriptors": (2, (4, 3), Features.of(4, [2, 3], {3: descriptors(3)}, CONDITIONS)),
}


def bound(name, n=15, seed=0):
    numeric, cardinalities, features = FEATURES[name]
    X = mixed_points(n, numeric, cardinalities, seed).numpy()
    covariance = MaternCovariance(X, features)
    covariance.theta = covariance.theta + 0.4 * np.random.default_rng(seed).standard_normal(
        len(covariance.theta)
    )
    return covariance, X


def new_points(name, n=7):
    numeric, cardinalities, _ = FEATURES[name]
    return mixed_points(n, numeric, cardinalities, seed=9).numpy()


def test_it_is_gpytorchs_matern_times_botorchs_categorical_kernel():
    covariance, X = bound("mixed")
    matern = MaternKernel(2.5, ard_num_dims=2, active_dims=[0, 1]).double()
    matern.lengthscale = torch.from_numpy(np.exp(covariance.theta[:2]))
    mismatch = CategoricalKernel(ard_num_dims=2, active_dims=[2, 3]).double()
    mismatch.lengthscale = torch.from_numpy(np.exp(covariance.theta[2:]) / 2)
    expected = (matern * mismatch)(torch.from_numpy(X)).to_dense().detach().numpy()
    np.testing.assert_allclose(covariance.matrix(covariance.theta), expected, atol=1e-10)


@pytest.mark.parametrize("name", FEATURES)
def test_matrix_cross_and_tensors_are_one_function(name):
    covariance, X = bound(name)
    new = new_points(name)
    matrix = covariance.matrix(covariance.theta).copy()
    # The square root of a cancelled difference: a distance is known to 1e-8 where it is 0
    np.testing.assert_allclose(covariance.cross(X), matrix, rtol=0, atol=1e-12)
    tensors = [torch.from_numpy(points) for points in (X, new)]
    np.testing.assert_allclose(covariance.dense(tensors[0], tensors[0]).numpy(), matrix, rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        covariance.dense(tensors[1], tensors[0]).numpy(), covariance.cross(new), atol=1e-12
    )
    np.testing.assert_array_equal(covariance.diagonal(new), np.ones(len(new)))
    rebound = covariance.rebind(new)
    np.testing.assert_allclose(rebound.cross(X), covariance.cross(new).T, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", FEATURES)
def test_a_batch_of_inputs_is_a_batch_of_matrices(name):
    covariance, X = bound(name)
    batch = torch.from_numpy(np.stack([new_points(name), new_points(name)[::-1].copy()]))
    covariances = covariance.dense(batch, torch.from_numpy(X))
    for points, matrix in zip(batch, covariances, strict=True):
        np.testing.assert_allclose(matrix.numpy(), covariance.cross(points.numpy()), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", FEATURES)
def test_the_matrix_is_symmetric_and_positive_semidefinite(name):
    covariance, _ = bound(name, n=40)
    K = covariance.matrix(covariance.theta)
    np.testing.assert_allclose(K, K.T, rtol=0, atol=1e-14)
    assert np.linalg.eigvalsh(K).min() > -1e-10


@pytest.mark.parametrize("name", ["numeric", "mixed", "descriptors"])
def test_the_gradient_with_respect_to_points(name):
    covariance, _ = bound(name)
    new = new_points(name)
    weights = np.random.default_rng(1).standard_normal((len(new), covariance.n))
    covariance.cross(new, gradient=True)
    gradient = covariance.cross_pullback(weights)
    free = covariance.features.numeric
    for i in range(len(new)):

        def total(x, i=i):
            point = new[i : i + 1].copy()
            point[0, free] = x
            return float((weights[i] * covariance.cross(point)).sum())

        np.testing.assert_allclose(gradient[i, free], central_differences(total, new[i, free]), atol=1e-7)
    assert not gradient[:, list(covariance.features.categorical)].any()


def test_the_gradient_at_a_training_point_is_finite():
    covariance, X = bound("numeric")
    covariance.cross(X, gradient=True)
    assert np.isfinite(covariance.cross_pullback(np.ones(covariance.n))).all()
    inputs = torch.from_numpy(X).requires_grad_(True)
    covariance.dense(inputs, inputs).sum().backward()
    assert torch.isfinite(inputs.grad).all()


@pytest.mark.parametrize("name", ["numeric", "mixed", "descriptors"])
def test_the_gradient_of_tensors_with_respect_to_points(name):
    covariance, X = bound(name)
    new = new_points(name)
    weights = np.random.default_rng(1).standard_normal((len(new), covariance.n))
    inputs = torch.from_numpy(new).requires_grad_(True)
    (covariance.dense(inputs, torch.from_numpy(X)) * torch.from_numpy(weights)).sum().backward()
    covariance.cross(new, gradient=True)
    expected = covariance.cross_pullback(weights)
    free = covariance.features.numeric
    np.testing.assert_allclose(inputs.grad.numpy()[:, free], expected[:, free], atol=1e-9)


@settings(max_examples=50)
@given(shift=st.floats(-3, 3), name=st.sampled_from(["numeric", "mixed"]))
def test_it_depends_on_differences_only(shift, name):
    covariance, X = bound(name)
    moved = X.copy()
    moved[:, covariance.features.numeric] += shift
    K = covariance.matrix(covariance.theta).copy()
    np.testing.assert_allclose(covariance.rebind(moved).matrix(covariance.theta), K, atol=1e-10)


def test_a_category_without_rows_differs_from_all():
    covariance, X = bound("mixed")
    known, unseen = X[:1].copy(), X[:1].copy()
    unseen[0, 2] = 99
    mismatch = np.exp(-np.exp(-covariance.theta[2]))
    same = X[:, 2] == X[0, 2]
    np.testing.assert_allclose(
        covariance.cross(unseen)[0, same], covariance.cross(known)[0, same] * mismatch, rtol=1e-12
    )
    tensors = [torch.from_numpy(points) for points in (unseen, X)]
    np.testing.assert_allclose(covariance.dense(*tensors).numpy(), covariance.cross(unseen), rtol=1e-12)


def test_starts_are_within_bounds():
    for name in FEATURES:
        covariance, _ = bound(name)
        lower, upper = covariance.bounds()
        assert ((lower < covariance.starts()) & (covariance.starts() < upper)).all()


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.floats(-4.0, 3.0))
def test_conditional_kernels_are_positive_semidefinite_at_any_allowed_hyperparameters(seed, spread):
    rng = np.random.default_rng(seed)
    features = FEATURES["conditional"][2]
    X = np.concatenate(
        [rng.random((30, 2)), rng.integers(4, size=(30, 1)), rng.integers(3, size=(30, 1))], axis=1
    )
    covariance = MaternCovariance(X, features)
    theta = covariance.theta + spread * rng.standard_normal(len(covariance.theta))
    theta = np.clip(theta, *covariance.bounds())
    assert np.linalg.eigvalsh(covariance.matrix(theta))[0] > -1e-10


def test_only_coordinates_that_are_active_in_both_points_count():
    covariance, X = bound("conditional")
    moved = new_points("conditional")
    before = covariance.cross(moved)
    active = CONDITIONS.active(moved)
    assert 0 < active[:, 0].sum() < len(moved)
    moved[:, 0] = np.where(active[:, 0], moved[:, 0], 0.9 - moved[:, 0])
    moved[:, 3] = np.where(active[:, 3], moved[:, 3], 2.0 - moved[:, 3])
    np.testing.assert_array_equal(covariance.cross(moved), before)
    # between an active and an inactive point, the coordinate of the active one is of no matter
    between = np.ix_(active[:, 0], ~CONDITIONS.active(X)[:, 0])
    moved[:, 0] = np.where(active[:, 0], 0.5 * moved[:, 0], moved[:, 0])
    np.testing.assert_allclose(covariance.cross(moved)[between], before[between], rtol=1e-12)
    assert np.abs(covariance.cross(moved) - before).max() > 1e-3


def test_active_points_of_a_conditional_column_are_as_far_apart_as_their_coordinates():
    u = np.linspace(0.0, 1.0, 21)
    X = np.stack([u, np.zeros(21), np.zeros(21), np.zeros(21)], axis=1)
    embedded = FEATURES["conditional"][2].coordinates(X)[:, :2]
    chords = np.linalg.norm(embedded[:, None] - embedded, axis=-1)
    differences = np.abs(u[:, None] - u)
    assert (chords <= differences + 1e-15).all()
    assert (chords >= 0.958 * differences).all()
    np.testing.assert_allclose(np.linalg.norm(embedded, axis=1), 1.0)  # from an inactive point, at 0
