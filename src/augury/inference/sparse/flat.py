"""The trainable parameters of modules as one vector, as optimisers take them."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn


@final
class FlatParameters:
    """All parameters of some modules that require gradients.

    Args:
        modules: owners of the parameters, which are read and written in place.
    """

    def __init__(self, *modules: nn.Module) -> None:
        self._parameters = [
            parameter for module in modules for parameter in module.parameters() if parameter.requires_grad
        ]

    def __len__(self) -> int:
        return sum(parameter.numel() for parameter in self._parameters)

    def value(self) -> Tensor:
        """A copy of them, in one vector."""
        return torch.cat([parameter.detach().reshape(-1) for parameter in self._parameters])

    def set(self, vector: Tensor) -> None:
        """Give them the values of a vector."""
        sizes = [parameter.numel() for parameter in self._parameters]
        for parameter, part in zip(self._parameters, vector.split(sizes), strict=True):
            parameter.data.copy_(part.reshape(parameter.shape))

    def gradient(self, value: Tensor) -> Tensor:
        """The gradient of a scalar with respect to them; zero where it does not depend on one."""
        gradients = torch.autograd.grad(value, self._parameters, allow_unused=True)
        return torch.cat(
            [
                torch.zeros(parameter.numel(), dtype=parameter.dtype) if part is None else part.reshape(-1)
                for parameter, part in zip(self._parameters, gradients, strict=True)
            ]
        )
