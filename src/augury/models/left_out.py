"""Predictions of results left out: in closed form where a surrogate offers it, else by refitting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from augury.models.build import ModelSpecification, build_model, fit_model
from augury.space.space import Space

FOLDS = 5


@dataclass(frozen=True)
class LeftOut:
    """Predictions of n training outcomes, each made without it.

    Args:
        mean: `n x m`.
        variance: `n x m`, measurement noise included.
        folds: into how many parts the rows were divided for refitting; None for the closed form, in which
            each row was left out alone and the hyperparameters are those of the fit to all.
    """

    mean: Tensor
    variance: Tensor
    folds: int | None

    @property
    def method(self) -> str:
        """ "leave-one-out", or "5-fold cross-validation"."""
        return "leave-one-out" if self.folds is None else f"{self.folds}-fold cross-validation"


def predict_left_out(
    fitted: Any,
    model: ModelSpecification,
    train_X: Tensor,
    train_Y: Tensor,
    train_Yvar: Tensor | None,
    space: Space,
    *,
    folds: int = FOLDS,
    seed: int = 0,
) -> LeftOut:
    """Predict each training outcome from others.

    Args:
        fitted: the surrogate trained on all rows; its `leave_one_out()` is used where it has one.
        model: what it was built from, to be built and trained again on parts of the rows otherwise.
        train_X: `n x d` encoded inputs, n >= 2.
        train_Y: `n x m` outcomes.
        train_Yvar: `n x m` noise variances, or None.
        space: what the points are encoded by.
        folds: number of refits, each without an equal part of the rows; at most n.
        seed: decides which rows go together.
    """
    if hasattr(fitted, "leave_one_out"):
        mean, variance = fitted.leave_one_out()
        return LeftOut(mean.detach(), variance.detach(), None)
    n = len(train_X)
    folds = min(folds, n)
    fold_of = np.random.default_rng(seed).permutation(n) % folds
    mean, variance = torch.empty_like(train_Y), torch.empty_like(train_Y)
    for fold in range(folds):
        out = torch.from_numpy(fold_of == fold)
        noise = None if train_Yvar is None else train_Yvar[~out]
        part = fit_model(build_model(model, train_X[~out], train_Y[~out], noise, space), seed=seed)
        with torch.no_grad():
            posterior = part.posterior(train_X[out].unsqueeze(-2), observation_noise=True)
            mean[out], variance[out] = posterior.mean.squeeze(-2), posterior.variance.squeeze(-2)
    return LeftOut(mean, variance, folds)
