from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.models import SingleTaskGP
from botorch.models.transforms import Normalize
from botorch.models.transforms.outcome import Log
from gpytorch.kernels import RBFKernel, ScaleKernel

from augury.acquisition.autograd import AutogradMoments
from augury.acquisition.moments import is_gaussian, moments_of
from tests.acquisition.cases import data, gaussian_process

X, Y = data(15, 3)
RNG = np.random.default_rng(4)
POINTS, FIXED = RNG.random((6, 3)), RNG.random((4, 3))
CODED = np.column_stack([X, np.arange(15) % 3])


def with_codes(points: np.ndarray) -> np.ndarray:
    return np.column_stack([points, np.arange(len(points)) % 3])


MODELS = {
    "default": (gaussian_process(X, Y), lambda points: points),
    "known noise": (
        gaussian_process(X, Y, train_Yvar=torch.full((15, 1), 0.1).double()),
        lambda points: points,
    ),
    "no outcome transform": (gaussian_process(X, Y, outcome_transform=None), lambda points: points),
    "own kernel": (gaussian_process(X, Y, covar_module=ScaleKernel(RBFKernel())), lambda points: points),
    "categories": (gaussian_process(CODED, Y, categorical_features=[3]), with_codes),
    "input transform": (
        gaussian_process(
            4.0 * X - 1.0,
            Y,
            input_transform=Normalize(d=3, bounds=torch.tensor([[-1.0] * 3, [3.0] * 3]).double()),
        ),
        lambda points: 4.0 * points - 1.0,
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_closed_form_agrees_with_automatic_differentiation(name: str) -> None:
    model, place = MODELS[name]
    points, fixed = place(POINTS), place(FIXED)
    numeric = [column for column in range(points.shape[1]) if name != "categories" or column != 3]
    for Z in (fixed, fixed[:1], None):
        ours, reference = moments_of(model, Z), AutogradMoments(model, Z)
        assert not isinstance(ours, AutogradMoments)
        np.testing.assert_allclose(ours.fixed_mean, reference.fixed_mean, rtol=1e-8)
        np.testing.assert_allclose(ours.fixed_covariance, reference.fixed_covariance, rtol=1e-6, atol=1e-8)
        moments, expected = ours(points, gradient=True), reference(points, gradient=True)
        for part, other in zip(moments, expected, strict=True):
            np.testing.assert_allclose(part, other, rtol=1e-6, atol=1e-8)
        for part, other in zip(ours(points), moments, strict=True):
            np.testing.assert_allclose(part, other, rtol=1e-12, atol=1e-14)
        weights = [RNG.standard_normal(part.shape) for part in moments]
        np.testing.assert_allclose(
            ours.pullback(*weights)[:, numeric],
            reference.pullback(*weights)[:, numeric],
            rtol=1e-5,
            atol=1e-7,
        )


def test_a_model_with_mean_variance_gradient_only_needs_no_graph() -> None:
    inner = MODELS["default"][0]

    class Plain:
        capabilities = frozenset({"gaussian"})
        mean_variance = staticmethod(inner.mean_variance)
        mean_variance_gradient = staticmethod(inner.mean_variance_gradient)

    ours, reference = moments_of(Plain()), moments_of(inner)
    for part, other in zip(ours(POINTS, gradient=True), reference(POINTS, gradient=True), strict=True):
        np.testing.assert_allclose(part, other)
    np.testing.assert_allclose(ours(POINTS)[1], reference(POINTS)[1])
    weights = RNG.standard_normal(6), RNG.standard_normal(6), np.empty((6, 0))
    np.testing.assert_allclose(ours.pullback(*weights), reference.pullback(*weights))


def test_only_gaussian_posteriors_are_called_gaussian() -> None:
    train_X, train_Y = torch.from_numpy(X), torch.from_numpy(Y)[:, None]
    assert is_gaussian(MODELS["default"][0])
    assert is_gaussian(SingleTaskGP(train_X, train_Y))
    assert not is_gaussian(SingleTaskGP(train_X, train_Y, outcome_transform=Log()))

    class Mixture(SingleTaskGP):
        _is_fully_bayesian = True

    assert not is_gaussian(Mixture(train_X, train_Y))
