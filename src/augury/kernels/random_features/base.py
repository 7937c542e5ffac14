"""What every random feature map offers: features of inputs, features of weights, and how far they err."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError


class VarianceWarning(UserWarning):
    """Random features whose standard deviation is larger than what they estimate."""


class RandomFeatures(nn.Module, ABC):
    r"""A pair of random maps whose product is, on average, a function of an input and of weights.

    .. math:: \mathbb E\big[\Phi(x)^T \Psi(w, b)\big] = K(x, w, b)

    `K` is `f(w^T x + b)` for an activation `f`, or a function of that kind (`ReLUFeatures`). Inputs and
    weights meet only in the product, so that a layer of `l` units is `Phi(x) Theta^T` with `l x width`
    numbers. All columns are real; complex features are two columns each.

    Source: Sehanobish et al., "Scalable neural network kernels", ICLR 2024.

    Args:
        input_dim: number `d` of inputs.
        width: number of real columns.
    """

    def __init__(self, input_dim: int, width: int) -> None:
        super().__init__()
        self.input_dim, self.width = input_dim, width

    def forward(self, X: Tensor) -> Tensor:
        """`... x width` features of inputs (`... x d`): the map of an encoder."""
        return self.input_features(X)

    @abstractmethod
    def input_features(self, X: Tensor) -> Tensor:
        """`Phi`: `... x width` of inputs `... x d`."""

    @abstractmethod
    def weight_features(self, W: Tensor, b: Tensor | None = None) -> Tensor:
        """`Psi`: `l x width` of weights (`l x d`) and biases (`l`; 0 when None)."""

    @abstractmethod
    def expectation(self, X: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
        """`n x l`: what the product of features is on average, of `n x d` inputs and `l x d` weights."""

    @abstractmethod
    def deviation(self, X: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
        """`n x l`: the standard deviation of the product over draws of the features, in closed form, for
        independent directions (orthogonal ones have less)."""

    def estimate(self, X: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
        """`n x l`: the product of the features of `n x d` inputs and `l x d` weights.

        Warns:
            VarianceWarning: the predicted standard deviation is larger than what is estimated.
        """
        self.warn_of_variance(X, W, b)
        return self.input_features(X) @ self.weight_features(W, b).mT

    def warn_of_variance(self, X: Tensor, W: Tensor, b: Tensor | None = None) -> None:
        """Warn where the features tell nothing of the function at these inputs and weights."""
        with torch.no_grad():
            deviation = float(self.deviation(X, W, b).square().mean().sqrt())
            size = float(self.expectation(X, W, b).square().mean().sqrt())
        if not deviation <= size:
            warnings.warn(
                f"{self.width} random features have a predicted standard deviation of {deviation:.3g} for "
                f"values of size {size:.3g}; the variance grows exponentially with the norms of inputs (here "
                f"up to {float(X.norm(dim=-1).max()):.3g}) and weights (up to "
                f"{float(W.norm(dim=-1).max()):.3g}): scale them down, or take more features",
                VarianceWarning,
                stacklevel=3,
            )

    def _check(self, values: Tensor, what: str) -> None:
        if values.shape[-1:] != (self.input_dim,):
            raise InvalidInputError(
                f"the features are of {self.input_dim} inputs; given {what} of shape {tuple(values.shape)}"
            )


def check_counts(num_features: int, input_dim: int) -> None:
    """Refuse numbers of features or inputs below 1.

    Raises:
        InvalidInputError: there is such a one.
    """
    if num_features < 1 or input_dim < 1:
        raise InvalidInputError(
            f"num_features and input_dim must be at least 1; given {num_features} and {input_dim}"
        )


def biases(b: Tensor | None, W: Tensor) -> Tensor:
    """`l` biases of weights (`l x d`): zeros when None."""
    return W.new_zeros(W.shape[:-1]) if b is None else b
