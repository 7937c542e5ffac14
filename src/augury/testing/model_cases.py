"""The data and assertions that the model checks share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from botorch.models.model import Model
from torch import Tensor

#: A Model class, or a callable with its arguments.
ModelFactory = Callable[..., Model]

#: What a model may declare in `capabilities`.
CAPABILITIES = frozenset(
    {"gaussian", "location_scale", "joint_samples", "condition", "fantasize", "train_inputs"}
)


def points(n: int, d: int = 2, *, seed: int = 0) -> Tensor:
    """`n x d` points of the unit cube."""
    return torch.rand(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def outcomes(X: Tensor, m: int = 1) -> Tensor:
    """`n x m` values of smooth functions of the points."""
    slopes = torch.linspace(1.0, 2.0, X.shape[-1] * m, dtype=torch.float64).reshape(X.shape[-1], m)
    return 3.0 + 2.0 * torch.sin(2.0 * X @ slopes)


def fitted(factory: ModelFactory, n: int = 12, m: int = 1, **arguments: Any) -> Any:
    """A model fit to `n` rows of `m` outcomes."""
    X = points(n)
    return fit(factory(X, outcomes(X, m), **arguments))


def fit(model: Model) -> Any:
    """The model, trained; what `fit` returns must be the model itself."""
    trained = model.fit()  # type: ignore[operator]
    require(trained is model, "fit() does not return the model")
    return trained


def require(condition: bool, message: str) -> None:
    """`assert` that `python -O` keeps."""
    if not condition:
        raise AssertionError(message)


def moments(posterior: Any) -> tuple[Tensor, Tensor]:
    """Mean and variance of a posterior, detached."""
    return posterior.mean.detach(), posterior.variance.detach()


def require_sound(model: Model, X: Tensor, where: str) -> tuple[Tensor, Tensor]:
    """The predictions at `X` (`N x d`, one by one) are finite, with variances that are not negative."""
    mean, variance = moments(model.posterior(X.unsqueeze(-2)))
    shape = (len(X), 1, model.num_outputs)
    require(tuple(mean.shape) == shape, f"the mean has shape {tuple(mean.shape)}, not {shape}: {where}")
    require(tuple(variance.shape) == shape, f"the variance has shape {tuple(variance.shape)}: {where}")
    require(bool(torch.isfinite(mean).all()), f"a mean is not finite: {where}")
    require(bool(torch.isfinite(variance).all()), f"a variance is not finite: {where}")
    require(bool((variance >= 0).all()), f"a variance is negative: {where}")
    return mean, variance


def require_close(given: Tensor, expected: Tensor, tolerance: float, message: str) -> None:
    """Two tensors of one shape agree within an absolute tolerance."""
    require(given.shape == expected.shape, f"{message}: shapes {tuple(given.shape)}, {tuple(expected.shape)}")
    difference = float((given - expected).abs().max())
    require(difference <= tolerance, f"{message}: they differ by {difference:.3g}")
