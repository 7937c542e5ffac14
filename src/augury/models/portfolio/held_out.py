"""Log predictive densities of outcomes left out in parts, in closed form or by training again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from scipy.stats import norm
from torch import Tensor

from augury.models.exact.model import ExactModel
from augury.models.exact.regression import ExactRegression
from augury.models.folds import assign_folds
from augury.models.portfolio.refit import refit
from augury.models.posteriors.marginals import log_density_and_cdf
from augury.models.random_forest import RandomForest
from augury.models.scale_mixture.model import ScaleMixtureModel
from augury.models.transformed_data import affine

#: The least log density, per row and outcome, so that one row cannot decide alone.
_LOWEST = -50.0


@singledispatch
def closed_form(model: Any, Y: Tensor, folds: np.ndarray) -> np.ndarray | None:
    """The log densities (`n`, summed over outcomes) of rows left out fold by fold, hyperparameters kept.

    Exact given the hyperparameters, which have seen all rows: `by_refitting` tells what that is worth. None
    where a model has no closed form. Packages register theirs by `closed_form.register(TheirModel)`.

    Args:
        model: a fitted surrogate.
        Y: its `n x m` outcomes.
        folds: `n`, the fold of each row.
    """
    return None


@closed_form.register(ExactModel)
def _exact(model: ExactModel, Y: Tensor, folds: np.ndarray) -> np.ndarray:
    scales = affine(model)[1].numpy()
    total = np.zeros(len(folds))
    for outcome, scale in zip(model.regressions.outcomes, scales, strict=True):
        residual, variance, _ = left_out_blocks(outcome, folds)
        total += norm.logpdf(residual, scale=np.sqrt(variance)) - np.log(scale)
    return np.maximum(total, _LOWEST)


@closed_form.register(ScaleMixtureModel)
def _scale_mixture(model: ScaleMixtureModel, Y: Tensor, folds: np.ndarray) -> np.ndarray:
    """Without a fold, its part of the quadratic form and its rows say nothing of the scale either."""
    scales = affine(model.gaussian)[1].numpy()
    outcomes = model.gaussian.regressions.outcomes
    blocks = [left_out_blocks(outcome, folds) for outcome in outcomes]
    lost = np.sum([square for _, _, square in blocks], axis=0)
    total = np.zeros(len(folds))
    for fold in range(len(lost)):
        rows = folds == fold
        count = model.count - len(outcomes) * int(rows.sum())
        quadratic = max(float(model.quadratic) - lost[fold], 0.0)
        law, squared_scale = model.prior.law(quadratic, count)
        for (residual, variance, _), scale in zip(blocks, scales, strict=True):
            deviation = np.sqrt(squared_scale * variance[rows])
            log_cdf, slope = law.log_cdf(-np.abs(residual[rows] / deviation))
            total[rows] += log_cdf + np.log(slope) - np.log(deviation * scale)
    return np.maximum(total, _LOWEST)


@closed_form.register(RandomForest)
def _forest(model: RandomForest, Y: Tensor, folds: np.ndarray) -> np.ndarray | None:
    if not np.array_equal(folds, assign_folds(len(folds))):  # those its trees were grown without
        return None
    mean, variance = model.left_out()
    density = norm.logpdf(Y.numpy(), mean.numpy(), variance.sqrt().numpy())
    return np.maximum(density.sum(axis=1), _LOWEST)


def left_out_blocks(outcome: ExactRegression, folds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""The error and variance of each row given all other folds, and what a fold adds to the quadratic form.

    .. math::
        y_B - \mu_B = S_B \alpha_B, \quad \Sigma_B = S_B = [(A^{-1})_{BB}]^{-1}, \quad
        Q - Q_{-B} = \alpha_B^T S_B \alpha_B, \qquad \alpha = A^{-1} (y - c)

    Rasmussen and Williams (2006), eq. 5.12, for several rows at once.

    Args:
        outcome: a regression whose constant mean and hyperparameters are kept.
        folds: `n`.

    Returns:
        `n` residuals, `n` variances with noise, and a number for each fold.
    """
    root, alpha = outcome.inverse_factor, outcome.alpha
    residual, variance = np.empty(len(folds)), np.empty(len(folds))
    added = []
    for fold in range(int(folds.max()) + 1):
        rows = np.flatnonzero(folds == fold)
        part = root[:, rows]
        covariance = np.linalg.inv(part.T @ part)
        residual[rows] = covariance @ alpha[rows]
        variance[rows] = covariance.diagonal()
        added.append(float(alpha[rows] @ residual[rows]))
    return residual, np.maximum(variance, 1e-300), np.array(added)


def by_refitting(
    build: Callable[[Tensor, Tensor, Tensor | None], Any],
    X: Tensor,
    Y: Tensor,
    Yvar: Tensor | None,
    folds: np.ndarray,
    seed: int,
    found: Mapping[str, Tensor] = MappingProxyType({}),
) -> np.ndarray:
    """The log densities (`n`, summed over outcomes) of each fold by a model trained without it.

    Args:
        build: from training data to a surrogate that is not fit yet.
        X: `n x d` inputs.
        Y: `n x m` outcomes.
        Yvar: `n x m` noise variances, or None.
        folds: `n`, the fold of each row.
        seed: of the fits.
        found: `hyperparameters()` of the fit to all rows, from which a few are climbed anew; empty to train
            from scratch, as networks must: their weights have seen the rows left out.
    """
    total = np.zeros(len(Y))
    for fold in range(int(folds.max()) + 1):
        out = torch.from_numpy(folds == fold)
        noise = None if Yvar is None else Yvar[~out]
        model = refit(build(X[~out], Y[~out], noise), found, seed)
        with torch.no_grad():
            posterior = model.posterior(X[out].unsqueeze(-2), observation_noise=True)
            density, _ = log_density_and_cdf(posterior, Y[out].unsqueeze(-2))
        total[out.numpy()] = density.sum(dim=(-1, -2)).numpy()
    return np.maximum(total, _LOWEST)
