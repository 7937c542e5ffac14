"""The door between surrogates and acquisition functions: joint moments with fixed points, pulled back.

An acquisition function of a Gaussian posterior is a scalar function of the mean and the variance at a
candidate, and of its covariances with a few fixed points (experiments that run, points whose value is only
known with noise). Its gradient needs one product of the scalar function's partial derivatives with the
Jacobian of the moments, never the Jacobian itself. The same holds for every posterior that is a location plus
a scale times one law, with the squared scale for the variance.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch

from augury.acquisition.autograd import AutogradMoments
from augury.errors import NotSupportedError
from augury.numerics.predictive_law import NORMAL, PredictiveLaw


class Moments(Protocol):
    """The posterior of one outcome `f` at candidates, jointly with its values at `b` fixed points Z.

    Surrogates offer it as `model.cross_posterior(Z)`; everything is in the outcome's own units.
    """

    fixed_mean: np.ndarray  #: `b`, the posterior mean at Z
    fixed_covariance: np.ndarray  #: `b x b`, the posterior covariance of `f` at Z

    def __call__(self, X: np.ndarray, *, gradient: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean (`N`) and variance (`N`) at `X` (`N x d`) and covariances with Z (`N x b`); with `gradient`,
        what `pullback` needs is remembered."""

    def pullback(self, mean: np.ndarray, variance: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        """`N x d`: the gradient, with respect to the `X` last given with `gradient=True`, of the sum of all
        moments weighted by `mean` (`N`), `variance` (`N`) and `covariance` (`N x b`)."""


class CurvedMoments(Moments, Protocol):
    """Those that may have second derivatives."""

    @property
    def has_curvature(self) -> bool:
        """Whether `expand` and `curvature` are to be had."""

    def expand(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean (`N`) and variance (`N`) at `X` (`N x d`), and the gradients of both (`N x 2 x d`)."""

    def curvature(self, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """`N x d x d`: the second derivatives at the `X` last expanded of the sum of both moments weighted by
        `mean` and `variance` (`N` each)."""


def moments_of(model: Any, Z: np.ndarray | None = None) -> Moments:
    """The fastest way to the moments that a model offers.

    `cross_posterior` is used when the model has it; `mean_variance_gradient` when no points are fixed; else
    the model's posterior by automatic differentiation.

    Args:
        model: a BoTorch model of one outcome whose posterior is Gaussian.
        Z: `b x d` encoded fixed points, or None.

    Raises:
        NotSupportedError: the posterior is not Gaussian, so that closed forms would be wrong.
    """
    if not is_gaussian(model):
        raise NotSupportedError(
            f"the posterior of {type(model).__name__} is not declared Gaussian, so closed-form acquisition "
            "functions do not hold for it; use the Monte Carlo ones"
        )
    if hasattr(model, "cross_posterior"):
        return model.cross_posterior(Z)
    if (Z is None or len(Z) == 0) and hasattr(model, "mean_variance_gradient"):
        return _GradientMoments(model)
    return AutogradMoments(model, Z)


def location_scale_of(model: Any, Z: np.ndarray | None = None) -> tuple[Moments, PredictiveLaw]:
    """Location and squared scale of the posterior, and the law of `(f - location) / scale`.

    Args:
        model: a BoTorch model of one outcome: Gaussian, whose moments these are then, or with the capability
            `location_scale`, which offers them as `model.location_scale(Z)`.
        Z: `b x d` encoded fixed points, or None. Given the law's scale, values there and at candidates are
            jointly Gaussian.

    Raises:
        NotSupportedError: a posterior of another kind.
    """
    if "location_scale" in getattr(model, "capabilities", ()):
        moments, law = model.location_scale(Z)
        return moments, law
    return moments_of(model, Z), NORMAL


def has_closed_form(model: Any) -> bool:
    """Whether `location_scale_of` serves the model, so that its acquisition functions have closed forms."""
    return "location_scale" in getattr(model, "capabilities", ()) or is_gaussian(model)


def lengthscales_of(model: Any) -> np.ndarray | None:
    """`d` lengthscales of the model's inputs, NaN for categories; None where it does not tell."""
    lengthscales: np.ndarray | None = getattr(model, "lengthscales", None)
    return lengthscales


def is_gaussian(model: Any) -> bool:
    """Whether the model's posterior is Gaussian: by its `capabilities`, or by being a plain GPyTorch
    model."""
    if hasattr(model, "capabilities"):
        return "gaussian" in model.capabilities
    from botorch.models.ensemble import EnsembleModel
    from botorch.models.gpytorch import GPyTorchModel
    from botorch.models.transforms.outcome import Log

    # Fully Bayesian models are GPyTorch models too, with a mixture for posterior; a log transform of the
    # outcome
    # makes the posterior log-normal.
    transform = getattr(model, "outcome_transform", None)
    transforms = [transform, *getattr(transform, "values", list)()]
    return (
        isinstance(model, GPyTorchModel)
        and not isinstance(model, EnsembleModel)
        and not getattr(model, "_is_fully_bayesian", False)
        and not any(isinstance(part, Log) for part in transforms)
    )


class _GradientMoments:
    """Moments through `mean_variance_gradient`, without fixed points."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.fixed_mean, self.fixed_covariance = np.empty(0), np.empty((0, 0))

    def __call__(self, X: np.ndarray, *, gradient: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        points = torch.from_numpy(X)
        if gradient:
            mean, variance, *gradients = self.model.mean_variance_gradient(points)
            self._gradients = [part.numpy() for part in gradients]
        else:
            mean, variance = self.model.mean_variance(points)
        return mean.numpy(), variance.numpy(), np.empty((len(X), 0))

    def pullback(self, mean: np.ndarray, variance: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        of_mean, of_variance = self._gradients
        return mean[:, None] * of_mean + variance[:, None] * of_variance
