"""Small fitted surrogates and helpers that the tests of this room share."""

from __future__ import annotations

import numpy as np
import torch

from augury.acquisition.base import Acquisition, CurvedAcquisition
from augury.models.gaussian_process import GaussianProcess


def data(n: int, d: int, *, seed: int = 0, noise: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """Inputs `n x d` and outcomes `n` of a smooth function with noise."""
    rng = np.random.default_rng(seed)
    X = rng.random((n, d))
    return X, np.sin(5.0 * X).sum(axis=1) * 3.0 + 7.0 + noise * rng.standard_normal(n)


def gaussian_process(X: np.ndarray, y: np.ndarray, **options) -> GaussianProcess:
    """A fitted process."""
    return GaussianProcess(torch.from_numpy(X), torch.from_numpy(y)[:, None], **options).fit()


def finite_difference(acquisition: Acquisition, X: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Central differences of the values, `N x d`."""
    gradient = np.empty_like(X)
    for column in range(X.shape[1]):
        shift = step * np.eye(X.shape[1])[column]
        gradient[:, column] = (acquisition.value(X + shift) - acquisition.value(X - shift)) / (2 * step)
    return gradient


def check_gradient(acquisition: Acquisition, X: np.ndarray) -> None:
    """The gradient is that of the value, and both doors give one value."""
    value, gradient = acquisition.value_gradient(X)
    np.testing.assert_allclose(value, acquisition.value(X), rtol=1e-9, atol=1e-9)
    expected = finite_difference(acquisition, X)
    np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())


def check_hessian(acquisition: CurvedAcquisition, X: np.ndarray, step: float = 1e-5) -> None:
    """The Hessians are those of the gradients, and all doors give one value and one gradient."""
    value, gradient, hessian = acquisition.expand(X)
    for given, expected in zip((value, gradient), acquisition.value_gradient(X), strict=True):
        np.testing.assert_allclose(given, expected, rtol=1e-7, atol=1e-9 * np.abs(expected).max())
    for column, unit in enumerate(np.eye(X.shape[1])):
        ahead, behind = (acquisition.value_gradient(X + sign * step * unit)[1] for sign in (1.0, -1.0))
        expected = (ahead - behind) / (2 * step)
        np.testing.assert_allclose(
            hessian[:, column],
            expected,
            rtol=1e-4,
            atol=1e-6 * np.abs(hessian).max(axis=(1, 2))[:, None].max(),
        )


class Bumps:
    """An acquisition with known maxima: a sum of Gaussian bumps, one the highest."""

    def __init__(self, centres: np.ndarray, heights: np.ndarray, width: float = 0.15) -> None:
        self.centres, self.heights, self.width = centres, heights, width

    def value(self, X: np.ndarray) -> np.ndarray:
        return self.value_gradient(X)[0]

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        difference = X[:, None, :] - self.centres
        bumps = self.heights * np.exp(-0.5 * (difference**2).sum(axis=2) / self.width**2)
        return bumps.sum(axis=1), -(bumps[:, :, None] * difference).sum(axis=1) / self.width**2
