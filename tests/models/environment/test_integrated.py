from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.acquisition.analytic import LogExpectedImprovement
from augury.models.environment.integrated import IntegratedProcess
from augury.space.environment import FiniteMeasure, Measure, NormalMeasure
from tests.acquisition.cases import check_gradient
from tests.models.environment.cases import MEASURES, points, process

PANELS = 12


def rule(measure: Measure) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of a quadrature that is exact to 1e-9 for the smooth functions here."""
    if isinstance(measure, FiniteMeasure):
        return measure.points, measure.weights
    nodes, weights = np.polynomial.legendre.leggauss(12)
    edges = np.linspace(0.0, 1.0, PANELS + 1)[:-1, None]
    w = (edges + 0.5 * (nodes + 1.0) / PANELS).ravel()
    weights = np.tile(0.5 * weights / PANELS, PANELS)
    if isinstance(measure, NormalMeasure):
        weights = weights * np.exp(-0.5 * ((w - measure.mean) / measure.std) ** 2)
    return w, weights / weights.sum()


@pytest.mark.parametrize("kind", list(MEASURES))
def test_the_integrated_process_is_the_quadrature_of_the_process(kind: str) -> None:
    model = process(MEASURES[kind])
    integrated, X = IntegratedProcess(model), points(3, seed=5)
    columns = list(MEASURES[kind])
    rules = [rule(measure) for measure in MEASURES[kind].values()]
    grid = np.stack([part.ravel() for part in np.meshgrid(*(w for w, _ in rules), indexing="ij")], axis=1)
    products = np.meshgrid(*(p for _, p in rules), indexing="ij")
    weights = np.prod([part.ravel() for part in products], axis=0)
    expanded = np.repeat(X, len(grid), axis=0)
    expanded[:, columns] = np.tile(grid, (len(X), 1))
    posterior = model.posterior(torch.from_numpy(expanded))
    average = np.kron(np.eye(len(X)), weights)
    mean = average @ posterior.mean[:, 0].detach().numpy()
    covariance = average @ posterior.distribution.covariance_matrix.detach().numpy() @ average.T
    found = integrated.cross_posterior(X)
    np.testing.assert_allclose(found.fixed_mean, mean, rtol=1e-8)
    np.testing.assert_allclose(found.fixed_covariance, covariance, rtol=0.0, atol=1e-8 * covariance.max())
    own = integrated.posterior(torch.from_numpy(X))
    np.testing.assert_allclose(own.mean[:, 0].numpy(), mean, rtol=1e-8)
    dense = own.distribution.covariance_matrix.numpy()
    np.testing.assert_allclose(dense, covariance, rtol=0.0, atol=1e-7 * covariance.max())


@pytest.mark.parametrize("kind", ["levels", "all"])
def test_expected_improvement_of_the_mean_has_its_gradient(kind: str) -> None:
    integrated, X = IntegratedProcess(process(MEASURES[kind])), points(8, seed=6)
    acquisition = LogExpectedImprovement(integrated, float(integrated.mean(torch.from_numpy(X)).max()))
    _, gradient = acquisition.value_gradient(X)
    assert not gradient[:, list(MEASURES[kind])].any()
    check_gradient(_Numbers(acquisition, X), X[:, [0, 3]])


class _Numbers:
    """An acquisition as a function of the columns 0 and 3 alone."""

    def __init__(self, acquisition, X: np.ndarray) -> None:
        self.acquisition, self.X = acquisition, X

    def _at(self, X: np.ndarray) -> np.ndarray:
        points = self.X[: len(X)].copy()
        points[:, [0, 3]] = X
        return points

    def value(self, X: np.ndarray) -> np.ndarray:
        return self.acquisition.value(self._at(X))

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, gradient = self.acquisition.value_gradient(self._at(X))
        return value, gradient[:, [0, 3]]


def test_the_posterior_is_differentiable() -> None:
    integrated = IntegratedProcess(process(MEASURES["uniform"]))
    X = torch.from_numpy(points(4, seed=7)).requires_grad_(True)
    (gradient,) = torch.autograd.grad(integrated.posterior(X[:, None]).mean.sum(), X)
    moments = integrated.cross_posterior()
    mean, _, nothing = moments(X.detach().numpy(), gradient=True)
    expected = moments.pullback(np.ones_like(mean), np.zeros_like(mean), nothing)
    np.testing.assert_allclose(gradient.numpy(), expected, rtol=1e-6, atol=1e-9)
