"""What all non-negative combinations of fixed kernels have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from gpytorch.constraints import Positive
from gpytorch.kernels import Kernel
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.kernels.linear_multiple.components import Components


class LinearMultipleKernel(Kernel):
    r"""A combination of `A` fixed kernels, whose weights are its only hyperparameters.

    .. math:: k(x, x') = \sum_{i=1}^{A} \theta_i k_i(x, x'), \qquad \theta_i \ge 0

    `weights` can be trained like the hyperparameters of any GPyTorch kernel; most of those that
    `majorise_minimise` finds are zero.

    Args:
        num_components: `A`.

    Raises:
        InvalidInputError: there is none.
    """

    has_lengthscale = False
    raw_weights: Tensor
    raw_weights_constraint: Positive

    def __init__(self, num_components: int) -> None:
        super().__init__()
        if num_components < 1:
            raise InvalidInputError("a combination of kernels needs at least one; given none")
        start = torch.full((num_components,), 1.0 / num_components, dtype=torch.float64)
        self.register_parameter("raw_weights", nn.Parameter(torch.zeros_like(start)))
        self.register_constraint("raw_weights", Positive())
        self.weights = start

    @property
    def num_components(self) -> int:
        """`A`."""
        return len(self.raw_weights)

    @property
    def weights(self) -> Tensor:
        """`A` non-negative weights."""
        weights: Tensor = self.raw_weights_constraint.transform(self.raw_weights)
        return weights

    @weights.setter
    def weights(self, weights: Tensor) -> None:
        values = torch.as_tensor(weights, dtype=torch.float64)
        if values.shape != self.raw_weights.shape or not bool(((values >= 0) & values.isfinite()).all()):
            raise InvalidInputError(
                f"weights must be {self.num_components} finite numbers, none of them negative; given "
                f"shape {tuple(values.shape)} and values from {float(values.min()):.3g}"
            )
        self.initialize(raw_weights=self.raw_weights_constraint.inverse_transform(values))

    @abstractmethod
    def combination(self, x1: Tensor, x2: Tensor, weights: Tensor, indices: Tensor) -> Tensor:
        """The sum of some components under given weights.

        Args:
            x1: `... x n1 x d` inputs.
            x2: `... x n2 x d` inputs.
            weights: as many as `indices`.
            indices: the components.

        Returns:
            `... x n1 x n2` covariances.
        """

    @abstractmethod
    def diagonal_combination(self, x: Tensor, weights: Tensor, indices: Tensor) -> Tensor:
        """`... x n` variances of that sum at `x` (`... x n x d`)."""

    @abstractmethod
    def components(self, X: Tensor) -> Components:
        """The matrices of all components at `X` (`n x d`), by their factors."""

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:
        """`... x n1 x n2`, or `... x n` with `diag`."""
        indices = torch.arange(self.num_components)
        if not diag:
            return self.combination(x1, x2, self.weights, indices)
        if x1 is x2 or torch.equal(x1, x2):
            return self.diagonal_combination(x1, self.weights, indices)
        pairs = self.combination(x1.unsqueeze(-2), x2.unsqueeze(-2), self.weights, indices)
        return pairs.squeeze(-1).squeeze(-1)
