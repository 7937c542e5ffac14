"""Training of deep kernels whose encoder and hyperparameters learn from different rows."""

from __future__ import annotations

from math import ceil
from pathlib import Path

import numpy as np
import torch

from augury.inference.base import Progress
from augury.inference.encoder_training import EncoderTrainer, SeparateTraining
from augury.models.deep_kernel_fit import ascend
from augury.models.encoder_on_points import kernel_of_features
from augury.models.exact.autograd import AutogradCovariance
from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.models.exact.regression import ExactRegression
from augury.numerics.threads import blas_threads

#: With fewer rows the encoder stays as it is: what is left of them would tell kernel and noise nothing.
_FEWEST_ROWS = 8


def fit_separately(
    regression: ExactRegression,
    plan: SeparateTraining,
    *,
    default_kernel: bool,
    seed: int = 0,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
) -> np.ndarray:
    """The `theta` of an encoder trained on some rows, and of the kernel and noise likeliest on the others.

    Args:
        regression: all rows, and an `EncodedKernel` as their covariance; overwritten.
        plan: of the encoder's training.
        default_kernel: whether the kernel begins as `kernel_of_features` says; else as it is.
        seed: of the split, and of the training.
        progress: called after each step.
        checkpoint: see `EncoderTrainer.run`.
    """
    covariance = regression.covariance
    assert isinstance(covariance, AutogradCovariance)
    kernel, rows = covariance.kernel, len(regression.y)
    learn = held = np.arange(rows)
    if rows >= _FEWEST_ROWS and any(part.requires_grad for part in kernel.encoder.parameters()):
        count = min(max(ceil(plan.held_out * rows), 2), rows - 2)
        order = np.random.default_rng(seed).permutation(rows)
        held, learn = np.sort(order[:count]), np.sort(order[count:])
        inputs = kernel.encoder.inputs(torch.from_numpy(regression.X[learn]))
        y = torch.from_numpy(regression.y[learn])
        EncoderTrainer(kernel.encoder.encoder, inputs, y, plan, seed).run(progress, checkpoint)
    with torch.no_grad():
        features = kernel.encoder(torch.from_numpy(regression.X[held]))
    if default_kernel:
        kernel.base_kernel.lengthscale = kernel_of_features(features).lengthscale.detach()
    F = features.numpy()
    noise = None if regression.noise is None else regression.noise[held]
    on_features = AutogradCovariance(F, kernel.base_kernel)
    likelihood = MarginalLikelihood(on_features, regression.y[held], noise)
    # Features of rows the encoder has not seen predict them up to a remainder: the mode with noise is meant,
    # and not one that explains the remainder by a rough function of the features.
    start = likelihood.starts()[1 if likelihood.infers_noise else 0]
    with blas_threads(len(held)):
        found, _ = ascend(likelihood, start, None, progress)
    on_features.theta = found[:-1] if likelihood.infers_noise else found
    return np.append(covariance.theta, found[-1]) if likelihood.infers_noise else covariance.theta
