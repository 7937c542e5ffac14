"""Encoded inputs as the input layer of a network: numbers, one-hot categories, descriptors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from gpytorch.kernels import Kernel
from torch import Tensor

from augury.models.exact.features import Features


class InputLayer:
    """What the `d` encoded columns are to a network.

    A numeric column is one input, a category one-hot, a table of descriptors (a row of numbers for each
    category) more inputs. All are scaled so that the mean square over the input layer is the sum of squares
    divided by `d`: a category weighs like a number at the end of its range, however many levels it has.

    Args:
        features: which columns are numbers, which are categories.
        levels: categorical column -> how many codes are told apart; those of training data.
    """

    def __init__(self, features: Features, levels: dict[int, int]) -> None:
        self.features = features
        self.levels = levels

    @staticmethod
    def of(features: Features, X: np.ndarray) -> InputLayer:
        """For training inputs `X` (`n x d`)."""
        return InputLayer(features, {c: _count(X[:, c]) for c in features.categorical})

    def covering(self, X: np.ndarray) -> InputLayer:
        """The same, with a level for each code in `X` too; itself where none is new."""
        levels = {c: max(k, _count(X[..., c])) for c, k in self.levels.items()}
        return self if levels == self.levels else InputLayer(self.features, levels)

    def __call__(self, X: Tensor) -> Tensor:
        """`... x n x d` to `... x n x width`, differentiable in the numeric columns."""
        if not self.features.categorical:
            return X
        parts = [self.features.coordinates_tensor(X)]
        for column, levels in self.levels.items():
            codes = X[..., column].detach().round().long()
            parts.append(torch.nn.functional.one_hot(codes, levels).to(X))
        joined = torch.cat(parts, dim=-1)
        return joined * (joined.shape[-1] / self.features.dim) ** 0.5


def _count(codes: np.ndarray) -> int:
    return int(codes.max(initial=0.0)) + 1


class InputLayerKernel(Kernel):
    """A network's kernel on encoded inputs.

    Args:
        base: sees the input layer.
        inputs: makes it of the encoded columns.
    """

    has_lengthscale = False

    def __init__(self, base: Kernel, inputs: InputLayer) -> None:
        super().__init__()
        self.base = base
        self._inputs = inputs
        self.categorical_features = inputs.features.categorical

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:
        """The base kernel at the input layer."""
        inputs = self._inputs.covering(x1.detach().numpy()).covering(x2.detach().numpy())
        left = inputs(x1)
        right = left if x2 is x1 else inputs(x2)
        value: Tensor = self.base.forward(left, right, diag=diag, **params)
        return value
