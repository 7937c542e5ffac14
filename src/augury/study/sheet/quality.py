"""How well the surrogate predicts the experiments of a table, each setting from all the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.space.space import Space

FEWEST = 5
"""With fewer different settings than this there is nothing to judge a model by."""


@dataclass(frozen=True)
class Quality:
    """Errors of the surrogate, and of the mean of the other results, on results left out.

    Args:
        n: number of different settings.
        error: root mean square error of the surrogate, in the result's unit.
        mean_error: that of always guessing the mean of the other results.
        method: how results were left out: "leave-one-out", or "5-fold cross-validation" for surrogates that
            have to be trained again to predict what they were trained on.
    """

    n: int
    error: float
    mean_error: float
    method: str = "leave-one-out"

    @property
    def constant(self) -> bool:
        """Whether all results are the same, so that there is nothing to predict."""
        return self.mean_error == 0.0

    @property
    def r2(self) -> float | None:
        """1 - (error / mean_error)²: the share of the variance predicted; None if constant."""
        return None if self.constant else 1.0 - (self.error / self.mean_error) ** 2


def judge(
    space: Space, X: NDArray[np.float64], y: NDArray[np.float64], model: Any = "auto"
) -> Quality | None:
    """Fit the surrogate and predict each setting from the others.

    Experiments with the same setting are averaged first: else each would be predicted from its own repeats.

    Args:
        space: what the points are encoded by.
        X: n x dim encoded points.
        y: n results.
        model: the surrogate, as `Study(model=...)` takes it.

    Returns:
        The errors; None with fewer than five different settings.
    """
    X, group = np.unique(X, axis=0, return_inverse=True)
    n = len(X)
    y = np.bincount(group.ravel(), weights=y) / np.bincount(group.ravel())
    if n < FEWEST:
        return None
    if np.ptp(y) == 0.0:
        return Quality(n, 0.0, 0.0)
    import torch

    from augury.models.build import build_model, fit_model
    from augury.models.left_out import predict_left_out

    train_X, train_Y = torch.from_numpy(X.copy()), torch.from_numpy(y[:, None].copy())
    fitted = fit_model(build_model(model, train_X, train_Y, None, space))
    left_out = predict_left_out(fitted, model, train_X, train_Y, None, space)
    errors = left_out.mean.numpy()[:, 0] - y
    mean_errors = (y - y.mean()) * n / (n - 1)
    return Quality(
        n, float(np.sqrt(np.mean(errors**2))), float(np.sqrt(np.mean(mean_errors**2))), left_out.method
    )
