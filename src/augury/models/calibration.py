"""How well a surrogate predicts what it has not seen, and whether it knows how well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.models.build import ModelSpecification, build_model, fit_model
from augury.models.folds import FOLDS, assign_folds
from augury.models.posteriors.marginals import log_density_and_cdf
from augury.models.training_data import check_one_outcome
from augury.numerics.threads import blas_threads
from augury.space.space import Space

#: The central intervals whose coverage is told.
LEVELS = (0.5, 0.8, 0.95)


@dataclass(frozen=True)
class LeftOutScores:
    r"""Predictions of n outcomes, each by a surrogate trained without it.

    Args:
        measured: `n` outcomes.
        mean: `n` predicted means.
        log_density: `n` log predictive densities of the outcomes, noise included.
        probability: `n`, `F_i(y_i)`, the predictive distribution function at the outcome: uniform where the
            surrogate knows how sure it is (the probability integral transform).
        folds: into how many parts the rows were divided.
    """

    measured: np.ndarray
    mean: np.ndarray
    log_density: np.ndarray
    probability: np.ndarray
    folds: int

    @property
    def nll(self) -> float:
        """Mean negative log predictive density, in nats."""
        return float(-self.log_density.mean())

    @property
    def rmse(self) -> float:
        """Root mean squared error of the means."""
        return float(np.sqrt(np.mean((self.measured - self.mean) ** 2)))

    def coverage(self, level: float) -> float:
        """The share of outcomes inside their central predictive interval of this probability.

        Raises:
            InvalidInputError: a level outside [0, 1].
        """
        if not 0.0 <= level <= 1.0:
            raise InvalidInputError(f"the level of an interval is a probability, 0 to 1; given {level}")
        return float(np.mean(self.tail <= level))

    @property
    def tail(self) -> np.ndarray:
        """`n`: the least level whose central interval holds the outcome, `|2 F - 1|`."""
        tail: np.ndarray = np.abs(2.0 * self.probability - 1.0)
        return tail

    @property
    def calibration_error(self) -> float:
        """The mean distance, over all levels, between a level and the share of outcomes that it covers."""
        tail = np.sort(self.tail)
        edges = np.concatenate([[0.0], tail, [1.0]])
        shares = np.arange(len(tail) + 1) / len(tail)
        # between two tails the share is constant and the level linear
        low, high = edges[:-1] - shares, edges[1:] - shares
        crossing = (low < 0.0) & (high > 0.0)
        area = np.where(crossing, 0.5 * (low**2 + high**2), 0.5 * np.abs(low + high) * (high - low))
        return float(area.sum())


def score_left_out(
    model: ModelSpecification,
    train_X: Tensor,
    train_Y: Tensor,
    train_Yvar: Tensor | None,
    space: Space,
    *,
    folds: int = FOLDS,
    seed: int = 0,
    after_fold: Callable[[], None] | None = None,
) -> LeftOutScores:
    """Train a surrogate without each part of the rows in turn, and score its predictions of that part.

    Rows of one setting are left out together: else each would be predicted from its own repeats.

    Args:
        model: what `augury.models.build.build_model` takes.
        train_X: `n x d` encoded inputs, n >= 2.
        train_Y: `n x 1` outcomes.
        train_Yvar: `n x 1` noise variances, or None.
        space: what the points are encoded by.
        folds: number of parts, at most the number of settings: then one is left out at a time.
        seed: decides which rows go together, and of the fits.
        after_fold: called after each part, to show progress.
    """
    train_X, train_Y, train_Yvar = check_one_outcome(train_X, train_Y, train_Yvar)
    parts = folds_of_settings(train_X, folds, seed)
    mean, density, probability = (np.empty(len(train_Y)) for _ in range(3))
    for part in range(int(parts.max()) + 1):
        out = torch.from_numpy(parts == part)
        noise = None if train_Yvar is None else train_Yvar[~out]
        with blas_threads(len(train_X)):
            fitted = fit_model(build_model(model, train_X[~out], train_Y[~out], noise, space), seed=seed)
            with torch.no_grad():
                posterior = fitted.posterior(train_X[out].unsqueeze(-2), observation_noise=True)
                log_density, cdf = log_density_and_cdf(posterior, train_Y[out].unsqueeze(-2))
                mean[parts == part] = posterior.mean.reshape(-1).numpy()
        density[parts == part] = log_density.reshape(-1).numpy()
        probability[parts == part] = cdf.reshape(-1).numpy()
        if after_fold is not None:
            after_fold()
    return LeftOutScores(train_Y[:, 0].numpy(), mean, density, probability, int(parts.max()) + 1)


def folds_of_settings(X: Tensor, folds: int = FOLDS, seed: int = 0) -> np.ndarray:
    """The part (`n`) of each row of `X` (`n x d`); rows that are the same are in the same part.

    Raises:
        InvalidInputError: fewer than two parts, or settings.
    """
    _, first, setting = np.unique(X.numpy(), axis=0, return_index=True, return_inverse=True)
    if folds < 2 or len(first) < 2:
        raise InvalidInputError(
            f"folds={folds} of {len(first)} settings leaves nothing to train on; both must be 2 at least"
        )
    order = np.argsort(np.argsort(first))  # settings in the order of their first rows
    parts: np.ndarray = assign_folds(len(first), min(folds, len(first)), seed)[order][setting.reshape(-1)]
    return parts
