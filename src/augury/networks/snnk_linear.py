"""A layer whose inputs and weights meet only in a product of their random features."""

from __future__ import annotations

from typing import Self, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.kernels.activation import resolve_activation
from augury.kernels.infinite_width import ActivationLike
from augury.kernels.random_features.base import RandomFeatures
from augury.kernels.random_features.relu import ReLUFeatures
from augury.kernels.random_features.universal import universal_random_features

#: So many normal inputs tell whether the variance explodes.
_TYPICAL = 64


@final
class SNNKLinear(nn.Module):
    r"""Stands where `torch.nn.Linear` and an activation stood: `y = \Phi(x) \Theta^T`.

    The features are fixed and follow from the seed; `Theta` is trained, `out_features x features.width`
    numbers instead of `out_features x (in_features + 1)`, and begins as the features of a usual initial
    weight matrix. For ReLU the features are `ReLUFeatures`, which make another function of input and weights;
    for all other activations the layer begins as an unbiased estimate of the usual one.

    Source: Sehanobish et al., "Scalable neural network kernels", ICLR 2024.

    Args:
        in_features: number of inputs.
        out_features: number of outputs.
        num_features: number of random features.
        activation: as in `augury.kernels.activation.resolve_activation`.
        bias: whether the initial weights have biases.
        features: others than those of the activation.
        seed: of the features and the initial weights.
        dtype: of the numbers; PyTorch's default unless given.

    Raises:
        InvalidInputError: a number that is not positive, an unknown activation, or features of another number
            of inputs.

    Warns:
        VarianceWarning: at inputs of variance 1, the predicted standard deviation of the features of the
            activation is larger than what they estimate (with many inputs, of all but ReLU).
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        num_features: int,
        activation: ActivationLike = "relu",
        *,
        bias: bool = True,
        features: RandomFeatures | None = None,
        seed: int = 0,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if out_features < 1:
            raise InvalidInputError(f"out_features must be at least 1; given {out_features}")
        bound = max(in_features, 1) ** -0.5
        generator = torch.Generator().manual_seed(seed)
        W, b = (
            bound * (2.0 * torch.rand(*shape, dtype=torch.float64, generator=generator) - 1.0)
            for shape in ((out_features, in_features), (out_features,))
        )
        if features is None:
            norms = in_features**0.5, 3.0**-0.5  # of inputs of variance 1, and of such weights
            features = layer_features(activation, num_features, in_features, norms=norms, seed=seed)
            typical = torch.randn(_TYPICAL, in_features, dtype=torch.float64, generator=generator)
            features.warn_of_variance(typical, W, b if bias else None)
        if features.input_dim != in_features:
            raise InvalidInputError(
                f"the features are of {features.input_dim} inputs; the layer has {in_features}"
            )
        self.in_features, self.out_features = in_features, out_features
        self.features = features
        self.weight = nn.Parameter(features.weight_features(W, b if bias else None))
        self.to(torch.get_default_dtype() if dtype is None else dtype)

    @classmethod
    def from_linear(
        cls,
        linear: nn.Linear,
        activation: ActivationLike = "relu",
        num_features: int = 64,
        *,
        inputs: Tensor | None = None,
        seed: int = 0,
    ) -> Self:
        """The layer that begins as the features of a layer's weights.

        Args:
            linear: the layer in front of the activation.
            activation: what follows it.
            num_features: number of random features.
            inputs: `n x in_features` typical inputs: their norms scale the features, and where the estimate
                is worthless, there is a warning.
            seed: of the features.

        Warns:
            VarianceWarning: the predicted standard deviation is larger than what is estimated.
        """
        W = linear.weight.detach().double()
        b = None if linear.bias is None else linear.bias.detach().double()
        norms = mean_norm(inputs) if inputs is not None else linear.in_features**0.5, mean_norm(W)
        features = layer_features(activation, num_features, linear.in_features, norms=norms, seed=seed)
        if inputs is not None:
            features.warn_of_variance(inputs.detach().double(), W, b)
        layer = cls(
            linear.in_features, linear.out_features, num_features, features=features, dtype=torch.float64
        )
        layer.weight = nn.Parameter(features.weight_features(W, b))
        return layer.to(linear.weight.dtype)

    def forward(self, X: Tensor) -> Tensor:
        """`... x out_features` of `... x in_features`."""
        product: Tensor = self.features(X) @ self.weight.mT
        return product


def layer_features(
    activation: ActivationLike, num_features: int, in_features: int, *, norms: tuple[float, float], seed: int
) -> RandomFeatures:
    """The features that stand for an activation in a layer."""
    function = resolve_activation(activation)
    if function.slopes == (0.0, 1.0):
        return ReLUFeatures(num_features, in_features, seed=seed)
    return universal_random_features(function, num_features, in_features, norms=norms, seed=seed)


def mean_norm(rows: Tensor) -> float:
    """The mean norm of rows, or 1 where all are 0."""
    size = float(rows.detach().double().norm(dim=-1).mean())
    return size if size > 0.0 else 1.0
