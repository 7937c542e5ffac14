"""Architectures: one description gives the NNGP kernel, the tangent kernel and the finite network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.kernels.nngp import NNGPKernel
from augury.kernels.ntk import NTKKernel
from augury.kernels.program import Program, ResidualStep, Step
from augury.networks.layers import Layer
from augury.networks.shapes import Shape


@final
@dataclass(frozen=True, init=False)
class Residual(Layer):
    """`scale * x + branch(x)`, for a branch that keeps the shape and ends in weights.

    Args:
        *layers: the branch.
        scale: factor of the shortcut.
    """

    layers: tuple[Layer, ...]
    scale: float

    def __init__(self, *layers: Layer, scale: float = 1.0) -> None:
        object.__setattr__(self, "layers", _checked_layers(layers, "Residual"))
        object.__setattr__(self, "scale", float(scale))
        if not layers[-1].ends_in_weights:
            raise InvalidInputError(
                "the branch of Residual must end in Dense, Conv1d or Conv2d, so that it is independent of "
                f"the shortcut; given {type(layers[-1]).__name__}"
            )

    def shape(self, given: Shape, name: str) -> Shape:
        result = _shapes(self.layers, given, f"{name}, ")[-1]
        if given.features is not None and result != given:
            raise InvalidInputError(
                f"the branch of {name} turns {given} into {result}; it must keep the shape"
            )
        return result

    def step(self, layer: int) -> Step:
        return ResidualStep(_steps(self.layers, layer), self.scale)

    def module(self, given: Shape, generator: torch.Generator) -> nn.Module:
        return ResidualModule(_modules(self.layers, given, generator), self.scale)

    @property
    def variances(self) -> list[tuple[float, float]]:
        return [pair for layer in self.layers for pair in layer.variances]


class ResidualModule(nn.Module):
    """The finite residual block.

    Args:
        branch: a module that keeps the shape.
        scale: factor of the shortcut.
    """

    def __init__(self, branch: nn.Module, scale: float) -> None:
        super().__init__()
        self.branch = branch
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        """`scale * x + branch(x)`."""
        output: Tensor = self.scale * x + self.branch(x)
        return output


@final
class Sequential:
    """A feed-forward architecture.

        network = Sequential(Dense(512, 2.0), Activation("gelu"), Dense(1))
        network.nngp()(X).to_dense()       # the covariance of its outputs, at infinite width
        network.ntk()(X).to_dense()        # its neural tangent kernel
        network.module(X.shape[-1])(X)     # one finite network drawn from the prior

    The kernels are of one output. A convolutional network is given `input_shape` and takes its inputs
    flattened, `n x d`, in all three forms. Its kernels follow the covariance of all pairs of positions when
    `GlobalAveragePool` needs them (memory `n^2 P^2`), else only that of equal positions.

    Args:
        *layers: first layer first.
        input_shape: `(channels, length)` or `(channels, height, width)` for data with positions.

    Raises:
        InvalidInputError: shapes that do not fit, naming the layer.
    """

    def __init__(self, *layers: Layer, input_shape: Sequence[int] | None = None) -> None:
        self.layers = _checked_layers(layers, "Sequential")
        self.input_shape = None if input_shape is None else tuple(int(length) for length in input_shape)
        if self.input_shape is not None and (
            not 2 <= len(self.input_shape) <= 3 or min(self.input_shape) < 1
        ):
            raise InvalidInputError(
                "input_shape must be (channels, length) or (channels, height, width), of 1 or more each; "
                f"given {input_shape!r}"
            )
        result = _shapes(self.layers, self._input())[-1]
        if result.positions:
            raise InvalidInputError(
                f"the network ends in {result}; end it in Flatten() or GlobalAveragePool() and Dense(1)"
            )
        if not any(layer.variances for layer in self.layers):
            raise InvalidInputError("a network needs a layer with weights: Dense, Conv1d or Conv2d")

    def _input(self, in_features: int | None = None) -> Shape:
        if self.input_shape is None:
            return Shape(in_features)
        return Shape(self.input_shape[0], self.input_shape[1:])

    def program(self) -> Program:
        """The recursion of its kernels."""
        paired = any(layer.averages_positions for layer in self.layers)
        return Program(_steps(self.layers, 0), self.input_shape, paired)

    def nngp(self, **arguments: Any) -> NNGPKernel:
        """The covariance of its outputs in the limit of infinite width.

        Args:
            **arguments: of `NNGPKernel`: `learn`, priors, `batch_shape` ...
        """
        return NNGPKernel(program=self.program(), **{**self._variances(), **arguments})

    def ntk(self, **arguments: Any) -> NTKKernel:
        """Its neural tangent kernel in the limit of infinite width.

        Args:
            **arguments: of `NTKKernel`.
        """
        return NTKKernel(program=self.program(), **{**self._variances(), **arguments})

    def _variances(self) -> dict[str, list[float]]:
        pairs = [pair for layer in self.layers for pair in layer.variances]
        return {"weight_var": [pair[0] for pair in pairs], "bias_var": [pair[1] for pair in pairs]}

    def module(self, in_features: int | None = None, seed: int = 0) -> nn.Sequential:
        """One finite network, of the widths given, its weights drawn from the prior.

        Args:
            in_features: number of inputs, where `input_shape` does not tell.
            seed: of the weights.

        Returns:
            A module in double precision that takes `n x d`.

        Raises:
            InvalidInputError: the number of inputs is not known, or shapes do not fit.
        """
        given = self._input(in_features)
        if given.features is None:
            raise InvalidInputError("module() needs the number of inputs; give in_features=d")
        generator = torch.Generator().manual_seed(seed)
        modules = _modules(self.layers, given, generator)
        if self.input_shape is not None:
            modules.insert(0, nn.Unflatten(-1, self.input_shape))
        return modules


def learning_rates(network: Sequential, module: nn.Module) -> dict[str, float]:
    """The rate of each parameter of `network.module()` under which training follows `network.ntk()`.

    A weight learns at its variance, `weight_var / fan_in`, a bias at `bias_var` (the "NTK parameterisation"
    written for the standard one).
    """
    pairs = iter([pair for layer in network.layers for pair in layer.variances])
    rates = {}
    for name, part in module.named_modules():
        if isinstance(part, nn.Linear | nn.Conv1d | nn.Conv2d):
            weight_var, bias_var = next(pairs)
            rates[f"{name}.weight"] = weight_var / part.weight[0].numel()
            rates[f"{name}.bias"] = bias_var
    return rates


def _checked_layers(layers: Sequence[Layer], owner: str) -> tuple[Layer, ...]:
    if not layers:
        raise InvalidInputError(f"{owner} needs at least one layer")
    for layer in layers:
        if not isinstance(layer, Layer):
            raise InvalidInputError(
                f"{owner} takes layers (Dense, Activation, Residual, Conv1d, Conv2d, Flatten, "
                f"GlobalAveragePool); given {type(layer).__name__}"
            )
    return tuple(layers)


def _shapes(layers: Sequence[Layer], given: Shape, prefix: str = "") -> list[Shape]:
    """The shape before each layer, and that after the last."""
    shapes = [given]
    for index, layer in enumerate(layers):
        shapes.append(layer.shape(shapes[-1], f"{prefix}layer {index} ({type(layer).__name__})"))
    return shapes


def _numbered(layers: Sequence[Layer], first: int) -> Iterator[tuple[Layer, int]]:
    for layer in layers:
        yield layer, first
        first += len(layer.variances)


def _steps(layers: Sequence[Layer], first: int) -> tuple[Step, ...]:
    return tuple(layer.step(number) for layer, number in _numbered(layers, first))


def _modules(layers: Sequence[Layer], given: Shape, generator: torch.Generator) -> nn.Sequential:
    shapes = _shapes(layers, given)[:-1]
    pairs = zip(layers, shapes, strict=True)
    return nn.Sequential(*(layer.module(shape, generator) for layer, shape in pairs))
