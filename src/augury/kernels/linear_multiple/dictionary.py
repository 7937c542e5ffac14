"""A combination of any kernels."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import final

import torch
from gpytorch.kernels import Kernel
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.kernels.linear_multiple.base import LinearMultipleKernel
from augury.kernels.linear_multiple.components import Components


@final
class KernelDictionary(LinearMultipleKernel):
    """A `LinearMultipleKernel` of any GPyTorch kernels, whose own hyperparameters stay as they are.

    Args:
        kernels: the components; copies are taken.

    Raises:
        InvalidInputError: there are none, or one is not a single kernel.
    """

    def __init__(self, kernels: Sequence[Kernel]) -> None:
        for index, kernel in enumerate(kernels):
            if not isinstance(kernel, Kernel):
                raise InvalidInputError(
                    f"component {index} must be a gpytorch Kernel; given {type(kernel).__name__}"
                )
            if len(kernel.batch_shape):
                raise InvalidInputError(
                    f"component {index} is a batch of kernels, {tuple(kernel.batch_shape)}; give each alone"
                )
        super().__init__(len(kernels))
        copies = [copy.deepcopy(kernel).double().requires_grad_(False) for kernel in kernels]
        self.kernels = nn.ModuleList(copies)

    def combination(self, x1: Tensor, x2: Tensor, weights: Tensor, indices: Tensor) -> Tensor:
        shape = torch.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
        total = torch.zeros(*shape, x1.shape[-2], x2.shape[-2], dtype=torch.float64)
        for weight, index in zip(weights, indices.tolist(), strict=True):
            total = total + weight * self.kernels[index](x1, x2).to_dense()
        return total

    def diagonal_combination(self, x: Tensor, weights: Tensor, indices: Tensor) -> Tensor:
        total = torch.zeros(x.shape[:-1], dtype=torch.float64)
        for weight, index in zip(weights, indices.tolist(), strict=True):
            total = total + weight * self.kernels[index](x, diag=True)
        return total

    def components(self, X: Tensor) -> Components:
        with torch.no_grad():
            return Components.of_matrices([kernel(X).to_dense().numpy() for kernel in self.kernels])
