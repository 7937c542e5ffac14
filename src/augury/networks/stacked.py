"""One architecture with many parameter vectors, evaluated at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from augury.errors import InvalidInputError
from augury.networks.dense_stack import DenseStack

#: `dL/df (S x n x o) -> dL/dtheta (S x P)`.
Pullback = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class ParameterSlice:
    """Where one parameter of the module stands in the flat vector.

    Args:
        name: as in `module.named_parameters()`.
        start: of its first entry.
        shape: its shape in the module.
        fan_in: number of inputs that each output of its layer sums over.
        is_bias: whether it is added, not multiplied (vectors named "bias").
    """

    name: str
    start: int
    shape: torch.Size
    fan_in: int
    is_bias: bool

    @property
    def stop(self) -> int:
        """The position after its last entry."""
        return self.start + self.shape.numel()


@final
class StackedNetwork:
    """`S` copies of a module, each with its own flat parameter vector of `P` numbers.

    Stacks of `Linear` layers and activations are batched matrix products, with their gradient written out;
    any other module without random numbers or running statistics goes through `torch.func`.

    Args:
        module: maps `n x ...` inputs to `n x o` outputs. Its parameters serve as the shape only; they are
            flattened in the order of `module.named_parameters()`.

    Raises:
        InvalidInputError: a module without parameters.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.slices = _slices(module)
        if not self.slices:
            raise InvalidInputError("the network has no parameters")
        self.num_parameters = self.slices[-1].stop
        self._dense = DenseStack.of(module)

    @property
    def dense(self) -> DenseStack | None:
        """The layers, where the module is a stack of dense ones."""
        return self._dense

    def __call__(self, theta: Tensor, X: Tensor, *, per_member: bool = False) -> Tensor:
        """`S x n x o` outputs, differentiable in both arguments.

        Args:
            theta: `S x P` parameters.
            X: `n x ...` inputs, the same for all members.
            per_member: `X` is `S x n x ...` instead, with inputs of its own for each member.
        """
        if self._dense is not None:
            return self._dense.forward(theta, X)
        parameters = self.unflatten(theta)
        return vmap(self._call, in_dims=(0, 0 if per_member else None))(parameters, X)

    def value_pullback(
        self, theta: Tensor, X: Tensor, *, per_member: bool = False
    ) -> tuple[Tensor, Pullback]:
        """`S x n x o` outputs, and the map from `dL/df` (`S x n x o`) to `dL/dtheta` (`S x P`).

        The arguments are those of a call; autograd is not involved in a stack of dense layers. The pullback
        may be called once.
        """
        if self._dense is not None:
            return self._dense.value_pullback(theta, X)
        with torch.enable_grad():
            leaf = theta.detach().requires_grad_(True)
            values = self(leaf, X, per_member=per_member)

        def pullback(gradient: Tensor) -> Tensor:
            (result,) = torch.autograd.grad(values, leaf, gradient)
            return result

        return values.detach(), pullback

    def unflatten(self, theta: Tensor) -> dict[str, Tensor]:
        """Name -> `S x shape`, views of `theta` (`S x P`)."""
        return {
            part.name: theta[..., part.start : part.stop].reshape(*theta.shape[:-1], *part.shape)
            for part in self.slices
        }

    def flatten(self, module: nn.Module) -> Tensor:
        """`P`: the parameters of a module of the same architecture."""
        return torch.cat([parameter.detach().double().reshape(-1) for parameter in module.parameters()])

    def initial(self, S: int, generator: torch.Generator) -> Tensor:
        """`S x P` starting points: PyTorch's default, uniform in `±1/sqrt(fan_in)`, for layers; what is
        neither a weight matrix nor a bias (the scales of a normalisation) starts as it is in the module."""
        theta = self.flatten(self.module).expand(S, -1).clone()
        for part in self.slices:
            if part.is_bias or len(part.shape) > 1:
                bound = part.fan_in**-0.5
                theta[:, part.start : part.stop].uniform_(-bound, bound, generator=generator)
        return theta

    def _call(self, parameters: dict[str, Tensor], X: Tensor) -> Tensor:
        return functional_call(self.module, parameters, (X,))


def _slices(module: nn.Module) -> tuple[ParameterSlice, ...]:
    slices, start = [], 0
    parameters = dict(module.named_parameters())
    for name, parameter in parameters.items():
        weight = parameters.get(f"{name.rpartition('.')[0]}.weight".lstrip("."), parameter)
        shape = parameter.shape if parameter.dim() > 1 else weight.shape
        fan_in = max(math.prod(shape[1:]), 1) if len(shape) > 1 else 1
        is_bias = parameter.dim() == 1 and name.rpartition(".")[2] == "bias"
        slices.append(ParameterSlice(name, start, parameter.shape, fan_in, is_bias))
        start += parameter.numel()
    return tuple(slices)
