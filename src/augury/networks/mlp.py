"""The multilayer perceptron."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import final

import torch
from torch import Tensor, nn

from augury.construction import remembers_construction
from augury.errors import InvalidInputError
from augury.kernels.activation import Activation, resolve_activation

_MODULES: dict[str, type[nn.Module]] = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "softplus": nn.Softplus,
    "linear": nn.Identity,
}


class Elementwise(nn.Module):
    """An activation function as a module.

    Args:
        activation: the function and its derivative.
    """

    def __init__(self, activation: Activation) -> None:
        super().__init__()
        self.activation = activation

    def forward(self, z: Tensor) -> Tensor:
        """The function of each entry."""
        return self.activation.function(z)


@final
class MLP(nn.Sequential):
    r"""A fully connected network in double precision.

    .. math::
        h_0 = x, \qquad h_l = \phi(W_l h_{l-1} + b_l), \qquad f(x) = W_{L+1} h_L + b_{L+1}

    Args:
        in_features: number `d` of inputs.
        hidden: the widths; empty for a linear model.
        out_features: number `o` of outputs.
        activation: as in `augury.kernels.activation.resolve_activation`.
        bias: whether layers have biases.
        seed: of the initial weights (PyTorch's default initialisation, uniform in `1/sqrt(fan_in)`).

    Raises:
        InvalidInputError: a width that is not positive, or an unknown activation.
    """

    @remembers_construction
    def __init__(
        self,
        in_features: int,
        hidden: Sequence[int] = (50, 50, 50),
        out_features: int = 1,
        activation: str | Callable[[Tensor], Tensor] | Activation = "tanh",
        *,
        bias: bool = True,
        seed: int = 0,
    ) -> None:
        widths = [int(in_features), *(int(width) for width in hidden), int(out_features)]
        if min(widths) < 1:
            raise InvalidInputError(f"every width of a network must be at least 1; given {widths}")
        function = resolve_activation(activation)
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            # skip_init: torch's own initialisation would draw from the global random state
            layers.append(
                nn.utils.skip_init(nn.Linear, before, after, bias=bias, dtype=torch.float64, device="cpu")
            )
            layers.append(_module(function))
        super().__init__(*layers[:-1])
        self.in_features, self.out_features = widths[0], widths[-1]
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for layer in self:
                if isinstance(layer, nn.Linear):
                    bound = layer.in_features**-0.5
                    for parameter in layer.parameters():
                        parameter.uniform_(-bound, bound, generator=generator)


def _module(function: Activation) -> nn.Module:
    return _MODULES[function.name]() if function.name in _MODULES else Elementwise(function)
