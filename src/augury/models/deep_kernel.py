"""Deep kernel learning: a Gaussian process on the features of a network, trained together."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from math import log
from pathlib import Path
from typing import Self, final

import numpy as np
import torch
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.kernels import Kernel
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.inference.base import Progress
from augury.inference.encoder_training import SeparateTraining
from augury.kernels.encoded import EncodedKernel
from augury.models.deep_kernel_fit import fit_deep_kernel
from augury.models.deep_kernel_separate import fit_separately
from augury.models.encoder_on_points import EncoderOnPoints, encoded_rows, kernel_of_features
from augury.models.exact.autograd import AutogradCovariance
from augury.models.exact.covariance import Covariance
from augury.models.exact.marginal_likelihood import QUIET_START
from augury.models.exact.model import ExactModel
from augury.models.exact.regression import ExactRegression
from augury.models.one_hot import NetworkInputs
from augury.models.pretraining import pretrain_
from augury.networks.skip_encoder import SkipEncoder
from augury.networks.spectral_bound import bound_spectral_norm_

#: Network inputs have variance 1 over the cube; passed on, they have the unit cube's width again.
_CUBE = 12.0**-0.5


@final
class DeepKernelGP(ExactModel):
    r"""Gaussian-process regression on learnt features, `f ~ GP(0, k_0(phi(x), phi(x')))`.

    Weights of the encoder, hyperparameters of the kernel and the noise are those of the highest log posterior
    density: exact marginal likelihood, plus their priors, by L-BFGS. The marginal likelihood does not guard
    an encoder with more weights than there are rows (Ober et al. 2021), so the default one passes its inputs
    on beside two learnt features, and its weights have a narrow prior: without evidence for features, it is a
    Gaussian process on the inputs. Several outcomes are independent, each with an encoder of its own.

    Source: Wilson, Hu, Salakhutdinov and Xing (2016), Deep kernel learning.

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred when None.
        categorical_features: the integer-coded columns; one-hot in front of the encoder.
        input_transform: applied to inputs first (BoTorch's `Normalize(d, bounds=...)` outside a Study).
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        encoder: any module that maps `... x n x D` to `... x n x features`, copied for each outcome; `D`
            counts the numeric columns (scaled to mean 0 and variance 1 over the cube), then a column for each
            category. `SkipEncoder(D)` unless given. Parameters that do not require gradients stay as they
            are.
        covar_module: any GPyTorch kernel on the features; Matern-5/2 with one lengthscale a feature unless
            given. GPyTorch's `LinearKernel()` makes the last layer of the network Bayesian, exactly.
        weight_scale: standard deviation of the normal prior on the encoder's weights; None for no prior, as
            for an encoder that is already trained.
        spectral_bound: the largest spectral norm of each linear and convolutional layer; None for no bound.
        pretrain_steps: of Adam, in which the encoder first learns to predict the outcomes by squared error;
            0 to begin from its own weights. The published study takes 1,000.
        patience: end the fit after this many steps without a better leave-one-out score; None to go on to
            the maximum.
        training: how encoder and kernel learn from different rows, instead of together: for encoders with
            far more weights than there are rows. `weight_scale`, `patience` and `pretrain_steps` do nothing
            then.
        seed: of the default encoder's first weights.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, an encoder that
            does not give features of these inputs.
    """

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        encoder: nn.Module | None = None,
        covar_module: Kernel | None = None,
        weight_scale: float | None = 0.3,
        spectral_bound: float | None = None,
        patience: int | None = None,
        pretrain_steps: int = 0,
        training: SeparateTraining | None = None,
        seed: int = 0,
    ) -> None:
        if encoder is not None and not isinstance(encoder, nn.Module):
            raise InvalidInputError(f"encoder must be a torch.nn.Module; given {type(encoder).__name__}")
        if covar_module is not None and not isinstance(covar_module, Kernel):
            raise InvalidInputError(
                f"covar_module must be a gpytorch Kernel; given {type(covar_module).__name__}"
            )
        if patience is not None and patience < 1:
            raise InvalidInputError(f"patience must be at least 1, or None; given {patience}")
        if pretrain_steps < 0:
            raise InvalidInputError(f"pretrain_steps must be 0 or more; given {pretrain_steps}")

        def covariance(X: np.ndarray) -> Covariance:
            rows = torch.from_numpy(X)
            inputs = NetworkInputs(rows, categorical_features)
            network = SkipEncoder(inputs.width, input_scale=_CUBE, seed=seed) if encoder is None else encoder
            network = copy.deepcopy(network).double()
            if spectral_bound is not None:
                bound_spectral_norm_(network, spectral_bound)
            whole = EncoderOnPoints(inputs, network).eval()
            features = encoded_rows(whole, rows)
            kernel = kernel_of_features(features) if covar_module is None else copy.deepcopy(covar_module)
            return AutogradCovariance(X, EncodedKernel(whole, kernel, weight_scale))

        super().__init__(train_X, train_Y, train_Yvar, covariance, input_transform, outcome_transform)
        self._patience, self._pretrain_steps, self._training = patience, int(pretrain_steps), training
        self._default_kernel = covar_module is None

    def fit(
        self,
        initial: Mapping[str, Tensor] | None = None,
        seed: int = 0,
        progress: Progress | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Train weights, kernel and noise of each outcome.

        Args:
            initial: `hyperparameters()` of an earlier fit on similar data, as a warm start; ignored where its
                shape does not match, and with `training`, whose encoder must not know the held-out rows.
            seed: chooses the rows that a cold fit on many rows begins with, or those that are held out.
            progress: called with `(steps done, steps at most, what is being done)`.
            checkpoint: with `training`, a file for the state of the encoder's training (several outcomes: one
                for each, numbered); a fit that was interrupted goes on from it.

        Returns:
            The model itself.

        Raises:
            NotSupportedError: a batch of conditioned models.
            InvalidInputError: a checkpoint without `training`, or of another one.
        """
        self._refuse_batch("cannot be fit")
        if checkpoint is not None and self._training is None:
            raise InvalidInputError(
                "a checkpoint is of the encoder's own training: construct the model with "
                "training=SeparateTraining(), or continue a joint fit by fit(initial=model.hyperparameters())"
            )
        start = None if initial is None else initial.get("theta")
        if start is not None:
            start = torch.as_tensor(start, dtype=torch.float64).detach()
            if start.shape != self.theta.shape or not bool(torch.isfinite(start).all()):
                start = None
        rows = []
        for index, outcome in enumerate(self._regressions.outcomes):
            regression = outcome.unfitted()
            if self._training is not None:
                theta = fit_separately(
                    regression,
                    self._training,
                    default_kernel=self._default_kernel,
                    seed=seed,
                    progress=progress,
                    checkpoint=_numbered(checkpoint, index if self.num_outputs > 1 else None),
                )
            else:
                theta = fit_deep_kernel(
                    regression,
                    initial=self._pretrained(regression, seed) if start is None else start[index].numpy(),
                    patience=self._patience,
                    seed=seed,
                    progress=progress,
                )
            rows.append(torch.from_numpy(theta))
        self.theta.copy_(torch.stack(rows))
        self._regressions = self._regressions.at(self.theta)
        return self

    def _pretrained(self, regression: ExactRegression, seed: int) -> np.ndarray | None:
        """The `theta` of an encoder that predicts the outcomes; None where that is not wanted."""
        if not self._pretrain_steps:
            return None
        covariance = regression.covariance
        assert isinstance(covariance, AutogradCovariance)
        kernel, X = covariance.kernel, torch.from_numpy(regression.X)
        pretrain_(kernel.encoder, X, torch.from_numpy(regression.y), self._pretrain_steps, seed=seed)
        if self._default_kernel:
            afresh = kernel_of_features(encoded_rows(kernel.encoder, X))
            kernel.base_kernel.lengthscale = afresh.lengthscale.detach()
        theta = covariance.theta
        return theta if regression.noise is not None else np.append(theta, log(QUIET_START))

    def features(self, X: Tensor, outcome: int = 0) -> Tensor:
        """`... x n x features`: what the encoder of an outcome makes of points (`... x n x d`)."""
        encoded: Tensor = self._encoder(outcome)(self._inputs(X))
        return encoded

    def network_inputs(self, X: Tensor, outcome: int = 0) -> Tensor:
        """`... x n x D`: points (`... x n x d`) as the encoder of an outcome takes them."""
        return self._encoder(outcome).inputs(self._inputs(X))

    def encoder(self, outcome: int = 0) -> nn.Module:
        """A copy of the trained encoder of an outcome, as the argument `encoder` was given: to be looked at,
        compressed, or put in front of another model."""
        return copy.deepcopy(self._encoder(outcome).encoder)

    def kernel(self, outcome: int = 0) -> Kernel:
        """A copy of the kernel on the features of an outcome, as trained."""
        return copy.deepcopy(self._encoded_kernel(outcome).base_kernel)

    def _encoder(self, outcome: int) -> EncoderOnPoints:
        encoder = self._encoded_kernel(outcome).encoder
        assert isinstance(encoder, EncoderOnPoints)
        return encoder

    def _encoded_kernel(self, outcome: int) -> EncodedKernel:
        covariance = self._regressions.outcomes[outcome].covariance
        assert isinstance(covariance, AutogradCovariance)
        assert isinstance(covariance.kernel, EncodedKernel)
        return covariance.kernel


def _numbered(path: str | os.PathLike[str] | None, index: int | None) -> Path | None:
    """The checkpoint of one outcome of several."""
    if path is None or index is None:
        return None if path is None else Path(path)
    return Path(path).with_stem(f"{Path(path).stem}.{index}")
