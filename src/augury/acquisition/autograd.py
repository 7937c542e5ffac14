"""Acquisition values and gradients by automatic differentiation, for surrogates without a closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

_BLOCK = 512  # points in one joint posterior


class AutogradMoments:
    """`Moments` of any BoTorch model with a Gaussian posterior.

    Candidates and fixed points are one joint batch, so that one posterior gives all covariances.

    Args:
        model: a BoTorch model of one outcome.
        Z: `b x d` fixed points, or None.
    """

    def __init__(self, model: Any, Z: np.ndarray | None = None) -> None:
        self.model = model
        self.fixed = None if Z is None or len(Z) == 0 else torch.from_numpy(np.ascontiguousarray(Z))
        if self.fixed is None:
            self.fixed_mean, self.fixed_covariance = np.empty(0), np.empty((0, 0))
            return
        with torch.no_grad():
            posterior = model.posterior(self.fixed)
            self.fixed_mean = posterior.mean[:, 0].numpy()
            self.fixed_covariance = _covariance(posterior).numpy()

    def __call__(self, X: np.ndarray, *, gradient: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if gradient:
            with torch.enable_grad():
                self._X = torch.from_numpy(np.array(X)).requires_grad_(True)
                self._moments = self._of(self._X)
            return tuple(part.detach().numpy() for part in self._moments)  # type: ignore[return-value]
        with torch.no_grad():
            points = torch.from_numpy(np.ascontiguousarray(X))
            parts = [self._of(block) for block in points.split(_BLOCK)]
        mean, variance, covariance = (torch.cat(moments).numpy() for moments in zip(*parts, strict=True))
        return mean, variance, covariance

    def pullback(self, mean: np.ndarray, variance: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        weights = [torch.from_numpy(np.ascontiguousarray(part)) for part in (mean, variance, covariance)]
        used = len(weights) if self.fixed is not None else 2
        (gradient,) = torch.autograd.grad(
            self._moments[:used],
            self._X,
            grad_outputs=weights[:used],
            retain_graph=True,  # the same point may be pulled back with other weights
            allow_unused=True,
        )
        return np.zeros(self._X.shape) if gradient is None else gradient.numpy()

    def _of(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if self.fixed is None:
            posterior = self.model.posterior(X.unsqueeze(-2))
            return posterior.mean[:, 0, 0], posterior.variance[:, 0, 0], X.new_empty((len(X), 0))
        posterior = self.model.posterior(torch.cat([X, self.fixed]))
        mean, covariance = posterior.mean[: len(X), 0], _covariance(posterior)
        return mean, covariance.diagonal()[: len(X)], covariance[: len(X), len(X) :]


class TorchAcquisition:
    """A BoTorch acquisition function of one point, as an `Acquisition`.

    Args:
        function: a BoTorch `AcquisitionFunction`, of `N x 1 x d` points.
    """

    def __init__(self, function: Any) -> None:
        self.function = function

    def value(self, X: np.ndarray) -> np.ndarray:
        points = torch.from_numpy(np.ascontiguousarray(X)).unsqueeze(-2)
        with torch.no_grad():
            return torch.cat([self.function(block) for block in points.split(_BLOCK)]).numpy()

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points = torch.from_numpy(np.array(X)).requires_grad_(True)
        value = self.function(points.unsqueeze(-2))
        (gradient,) = torch.autograd.grad(value.sum(), points)
        return value.detach().numpy(), gradient.numpy()


def _covariance(posterior: Any) -> Tensor:
    if hasattr(posterior, "distribution"):
        return posterior.distribution.covariance_matrix
    return posterior.covariance_matrix
