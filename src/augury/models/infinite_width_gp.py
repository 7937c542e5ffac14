"""The Gaussian process of an infinitely wide Bayesian network (I-BNN)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.priors import LogNormalPrior
from torch import Tensor

from augury.kernels.infinite_width import ActivationLike
from augury.kernels.nngp import NNGPKernel
from augury.models.exact.autograd import AutogradCovariance
from augury.models.exact.covariance import Covariance
from augury.models.exact.features import Features
from augury.models.exact.infinite_width import InfiniteWidthCovariance
from augury.models.exact.input_layer import InputLayer, InputLayerKernel
from augury.models.exact.model import ExactModel
from augury.networks.architecture import Sequential


@final
class InfiniteWidthGP(ExactModel):
    r"""Exact inference with the function prior of an infinitely wide random network.

    .. math::
        y = c + f(x) + \varepsilon, \qquad f \sim \mathcal{GP}(0, K^L), \quad
        \varepsilon \sim \mathcal N(0, \sigma^2)

    with `K^L` of `NNGPKernel`: depth 3, weight variance 10 and bias variance 1.6, **fixed**, as published;
    only the constant and the noise are fitted. The prior is not stationary and has no lengthscales, so that
    hundreds of inputs cost no hyperparameters. Its variance is of the order of 1,000 on standardised
    outcomes: the data decide, and far from them the model is unsure.

    Source: Li, Rudner and Wilson (2023), "A study of Bayesian neural network surrogates for Bayesian
    optimization", the surrogate called I-BNN.

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes (one-hot inside).
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred when None.
        categorical_features: the integer-coded columns.
        input_transform: applied to inputs first (BoTorch's `Normalize(d, bounds=...)` outside a Study).
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        descriptors: categorical column -> `k x p` properties of its categories, inputs beside the one-hot.
        depth: number of hidden layers.
        weight_var: variance of the weights times their fan-in.
        bias_var: variance of the biases.
        activation: a name, a callable or an `Activation`.
        learn: fit the variances too, under log-normal priors of scale 1 about the values given.
        architecture: another network instead, whose layers have variances of their own.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, a depth or variance
            out of range.
    """

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        descriptors: Mapping[int, Tensor] | None = None,
        depth: int = 3,
        weight_var: float = 10.0,
        bias_var: float = 1.6,
        activation: ActivationLike = "relu",
        learn: bool = False,
        architecture: Sequential | None = None,
    ) -> None:

        def covariance(X: np.ndarray) -> Covariance:
            features = Features.of(X.shape[1], categorical_features, descriptors)
            features.check(X)
            inputs = InputLayer.of(features, X)
            kernel = _kernel(depth, weight_var, bias_var, activation, learn, architecture)
            if kernel.scaled_duals() is not None and not (learn and architecture):
                return InfiniteWidthCovariance(X, kernel, inputs)
            return AutogradCovariance(X, InputLayerKernel(kernel, inputs))

        super().__init__(train_X, train_Y, train_Yvar, covariance, input_transform, outcome_transform)


def _kernel(
    depth: int,
    weight_var: float,
    bias_var: float,
    activation: ActivationLike,
    learn: bool,
    architecture: Sequential | None,
) -> NNGPKernel:
    if architecture is None:
        kernel = NNGPKernel(depth, weight_var, bias_var, activation, learn=learn)
    else:
        kernel = architecture.nngp(learn=learn)
    if learn:  # GPyTorch's priors, for the half-fused path
        for name in ("weight_var", "bias_var"):
            kernel.set_prior(name, LogNormalPrior(getattr(kernel, name).detach().log(), 1.0))
    return kernel
