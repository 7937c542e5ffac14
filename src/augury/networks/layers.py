"""The layers of the architecture algebra: each knows its kernels' step and its finite module."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.kernels import activation as activations
from augury.kernels.convolution import ConvolutionStep, FlattenStep, GlobalAverageStep, padding_of
from augury.kernels.duals import dual_of
from augury.kernels.program import ActivationStep, Step, WeightStep
from augury.networks.mlp import Elementwise
from augury.networks.shapes import Shape, require_positions, require_vector


class Layer(ABC):
    """One layer of an architecture: what it does to shapes, to kernels, and as a finite module."""

    #: Whether the layer ends in weights of its own, so that its output is independent of all before it.
    ends_in_weights = False

    @abstractmethod
    def shape(self, given: Shape, name: str) -> Shape:
        """The shape of its output.

        Raises:
            InvalidInputError: `given` does not fit; the message has the layer's `name`.
        """

    @abstractmethod
    def step(self, layer: int) -> Step:
        """Its kernels' recursion; `layer` is the place of its first weights among all in the network."""

    @abstractmethod
    def module(self, given: Shape, generator: torch.Generator) -> nn.Module:
        """The finite layer, for inputs of the shape `given`, with weights drawn from the prior."""

    @property
    def variances(self) -> list[tuple[float, float]]:
        """The variances of weights (times fan-in) and biases, of each part with weights."""
        return []

    @property
    def averages_positions(self) -> bool:
        """Whether the covariances of different positions matter to it."""
        return False


@dataclass(frozen=True)
class _Weights(Layer):
    """What layers with weights share.

    Args:
        width: outputs of the finite layer; the kernels are of the limit of many.
        weight_var: variance of the weights times their fan-in.
        bias_var: variance of the biases; 0 for none.
    """

    width: int
    weight_var: float = 1.0
    bias_var: float = 0.0

    ends_in_weights = True

    def __post_init__(self) -> None:
        name = type(self).__name__
        if not isinstance(self.width, int) or self.width < 1:
            raise InvalidInputError(
                f"the width of {name} must be an integer of 1 or more; given {self.width!r}"
            )
        if not 0.0 < self.weight_var < float("inf"):
            raise InvalidInputError(f"weight_var of {name} must be positive; given {self.weight_var!r}")
        if not 0.0 <= self.bias_var < float("inf"):
            raise InvalidInputError(f"bias_var of {name} must be 0 or more; given {self.bias_var!r}")

    @property
    def variances(self) -> list[tuple[float, float]]:
        return [(self.weight_var, self.bias_var)]

    def _initialised(self, module: nn.Module, generator: torch.Generator) -> nn.Module:
        """The module with weights of the prior; biases stay, at 0, where their variance is 0."""
        weight, bias = module.weight, module.bias
        assert isinstance(weight, Tensor)
        assert isinstance(bias, Tensor)
        fan_in = weight[0].numel()
        with torch.no_grad():
            weight.normal_(0.0, (self.weight_var / fan_in) ** 0.5, generator=generator)
            bias.normal_(0.0, self.bias_var**0.5, generator=generator)
        return module


@final
@dataclass(frozen=True)
class Dense(_Weights):
    """A fully connected layer, `b + W x` with `W ~ N(0, weight_var / fan_in)`, `b ~ N(0, bias_var)`."""

    def shape(self, given: Shape, name: str) -> Shape:
        require_vector(given, name)
        return Shape(self.width)

    def step(self, layer: int) -> Step:
        return WeightStep(layer)

    def module(self, given: Shape, generator: torch.Generator) -> nn.Module:
        linear = nn.utils.skip_init(nn.Linear, given.features, self.width, dtype=torch.float64, device="cpu")
        return self._initialised(linear, generator)


@dataclass(frozen=True)
class _Convolution(_Weights):
    """What convolutions share.

    Args:
        width: channels of the finite layer.
        weight_var: variance of the weights times their fan-in (channels times window).
        bias_var: variance of the biases.
        size: of the window along each axis.
        stride: of the window.
        padding: "same" (zeros around, so that stride 1 keeps the size) or "valid" (none).
    """

    size: int = 3
    stride: int = 1
    padding: str = "same"

    axes = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        name = type(self).__name__
        if min(self.size, self.stride) < 1:
            raise InvalidInputError(
                f"size and stride of {name} must be 1 or more; given {self.size}, {self.stride}"
            )
        if self.padding not in ("same", "valid"):
            raise InvalidInputError(f"padding of {name} must be 'same' or 'valid'; given {self.padding!r}")

    def shape(self, given: Shape, name: str) -> Shape:
        require_positions(given, name, self.axes)
        missing = 0 if self.padding == "same" else self.size - 1
        if min(given.positions) <= missing:
            raise InvalidInputError(f"the window of {name} is {self.size} long, longer than {given}")
        lengths = ((length - missing - 1) // self.stride + 1 for length in given.positions)
        return Shape(self.width, tuple(lengths))

    def step(self, layer: int) -> Step:
        return ConvolutionStep(layer, (self.size,) * self.axes, self.stride, self.padding == "same")

    def module(self, given: Shape, generator: torch.Generator) -> nn.Module:
        kind = nn.Conv1d if self.axes == 1 else nn.Conv2d
        convolution = nn.utils.skip_init(
            kind, given.features, self.width, self.size, stride=self.stride, dtype=torch.float64, device="cpu"
        )
        self._initialised(convolution, generator)
        if self.padding == "valid":
            return convolution
        before, after = padding_of(self.size)
        if self.axes == 1:
            return nn.Sequential(nn.ZeroPad1d((before, after)), convolution)
        return nn.Sequential(nn.ZeroPad2d((before, after, before, after)), convolution)


@final
@dataclass(frozen=True)
class Conv1d(_Convolution):
    """A convolution over sequences, `(channels, length)`."""


@final
@dataclass(frozen=True)
class Conv2d(_Convolution):
    """A convolution over images, `(channels, height, width)`."""

    axes = 2


@final
@dataclass(frozen=True)
class Activation(Layer):
    """An elementwise nonlinearity.

    Args:
        function: a name, a callable or an `augury.kernels.Activation`.
    """

    function: str | Callable[[Tensor], Tensor] | activations.Activation = "relu"

    def __post_init__(self) -> None:
        object.__setattr__(self, "function", activations.resolve_activation(self.function))

    def shape(self, given: Shape, name: str) -> Shape:
        return given

    def step(self, layer: int) -> Step:
        return ActivationStep(dual_of(self.function))

    def module(self, given: Shape, generator: torch.Generator) -> nn.Module:
        return Elementwise(activations.resolve_activation(self.function))


@final
@dataclass(frozen=True)
class Flatten(Layer):
    """All positions and channels as one vector."""

    def shape(self, given: Shape, name: str) -> Shape:
        require_positions(given, name)
        return Shape(given.size)

    def step(self, layer: int) -> Step:
        return FlattenStep()

    def module(self, given: Shape, generator: torch.Generator) -> nn.Module:
        return nn.Flatten()


@final
@dataclass(frozen=True)
class GlobalAveragePool(Layer):
    """The average over all positions."""

    def shape(self, given: Shape, name: str) -> Shape:
        require_positions(given, name)
        return Shape(given.features)

    def step(self, layer: int) -> Step:
        return GlobalAverageStep()

    def module(self, given: Shape, generator: torch.Generator) -> nn.Module:
        return nn.Sequential(nn.Flatten(2), PositionMean())

    @property
    def averages_positions(self) -> bool:
        return True


class PositionMean(nn.Module):
    """The mean over the last axis."""

    def forward(self, z: Tensor) -> Tensor:
        """`... x P` to `...`."""
        return z.mean(-1)
