"""The surrogate as the report needs it: one outcome's model, its predictions and its calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from augury.models.build import build_model, fit_model
from augury.models.left_out import LeftOut, predict_left_out
from augury.space.observations import Observations
from augury.space.space import Space
from augury.study.report.calibration import Calibration

if TYPE_CHECKING:
    from augury.study.report.results import Results
    from augury.study.study import Study

FEWEST = 3
"""Measured results below which a surrogate would only repeat its prior."""

MOST = 1000
"""Measured results that a report's surrogate learns from; a fit costs the cube of their number."""

_BLOCK = 4096


@dataclass(frozen=True)
class Surrogate:
    """A fitted model of one outcome.

    Args:
        outcome: name of the outcome.
        model: the fitted model.
        X: n x d encoded points it learned from.
        y: n measured values, in the outcome's units.
        left_out: how it predicts each of them without it.
    """

    outcome: str
    model: Any
    X: np.ndarray
    y: np.ndarray
    left_out: LeftOut

    def predict(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (N) and standard deviation (N) of the function, without noise, at N x d encoded points."""
        points = torch.as_tensor(X, dtype=torch.float64)
        means, variances = [], []
        with torch.no_grad():
            for block in points.split(_BLOCK):
                posterior = self.model.posterior(block.unsqueeze(-2))
                means.append(posterior.mean.flatten())
                variances.append(posterior.variance.flatten())
        return torch.cat(means).numpy(), torch.cat(variances).clamp_min(0.0).sqrt().numpy()

    def calibration(self) -> Calibration:
        """The predictions of results left out, beside the results."""
        std = self.left_out.variance.clamp_min(1e-300).sqrt()
        mean = self.left_out.mean[:, 0].numpy()
        return Calibration(self.y, mean, std[:, 0].numpy(), self.left_out.folds)


def surrogates_of(study: Study, results: Results) -> list[Surrogate]:
    """One for each outcome that was measured often enough."""
    observations = study.observations()
    fitted = (
        fit_surrogate(results.space, observations, outcome, column, study.model)
        for column, outcome in enumerate(results.goals.outcomes)
    )
    return [surrogate for surrogate in fitted if surrogate is not None]


def fit_surrogate(
    space: Space, observations: Observations, outcome: str, column: int, model: Any = "auto"
) -> Surrogate | None:
    """The surrogate of one outcome, or None where too few different values were measured.

    Args:
        space: the study's space.
        observations: all trials, encoded.
        outcome: name of the outcome.
        column: its column in `observations.Y`.
        model: what `Study(model=...)` was given.
    """
    y = observations.Y[:, column]
    rows = np.flatnonzero(observations.complete & np.isfinite(y))
    if len(rows) < FEWEST or np.ptp(y[rows]) == 0 or space.dim == 0:
        return None
    rows = rows[_spread(len(rows))]
    X, y, variances = observations.X[rows], y[rows], observations.Yvar[rows, column]
    known = bool(np.isfinite(variances).all())
    train_X, train_Y = torch.as_tensor(X), torch.as_tensor(y).unsqueeze(-1)
    train_Yvar = torch.as_tensor(variances).unsqueeze(-1) if known else None
    fitted = fit_model(build_model(model, train_X, train_Y, train_Yvar, space))
    left_out = predict_left_out(fitted, model, train_X, train_Y, train_Yvar, space)
    return Surrogate(outcome, fitted, X, y, left_out)


def _spread(n: int) -> np.ndarray:
    """At most `MOST` of n rows, evenly spread over time, the latest one among them."""
    if n <= MOST:
        return np.arange(n)
    return np.unique(np.linspace(0, n - 1, MOST).round().astype(int))
