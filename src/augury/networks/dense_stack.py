"""Stacks of dense layers with many parameter vectors: batched matrix products, gradient written out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from augury.networks.dense_values import dense_values, dense_values_at
from augury.networks.mlp import Elementwise


@dataclass(frozen=True)
class _Activation:
    """A function of one number and its vector-Jacobian product `(gradient, input, output) -> gradient`.

    `in_place` when the product needs no input, so that the output may overwrite it.
    """

    value: Callable[[Tensor], Tensor]
    pullback: Callable[[Tensor, Tensor, Tensor], Tensor]
    in_place: Callable[[Tensor], Tensor] | None = None


def _tanh_(a: Tensor) -> Tensor:
    """In place, by NumPy, whose tanh takes a quarter of the time of torch's."""
    array = a.detach().numpy()
    np.tanh(array, out=array)
    return a


_aten = torch.ops.aten
_ACTIVATIONS: dict[type[nn.Module], _Activation] = {
    nn.Identity: _Activation(lambda a: a, lambda g, a, h: g, lambda a: a),
    nn.Tanh: _Activation(torch.tanh, lambda g, a, h: _aten.tanh_backward(g, h), _tanh_),
    nn.ReLU: _Activation(torch.relu, lambda g, a, h: _aten.threshold_backward(g, h, 0.0), torch.relu_),
    nn.Sigmoid: _Activation(torch.sigmoid, lambda g, a, h: _aten.sigmoid_backward(g, h), torch.sigmoid_),
    nn.SiLU: _Activation(nn.functional.silu, lambda g, a, h: _aten.silu_backward(g, a)),
    nn.GELU: _Activation(nn.functional.gelu, lambda g, a, h: _aten.gelu_backward(g, a)),
    nn.Softplus: _Activation(nn.functional.softplus, lambda g, a, h: g * torch.sigmoid(a)),
}


@final
class DenseStack:
    """A sequence of `Linear` layers, each followed by an activation (the last by none).

    Args:
        layers: `(out, in, has_bias)` of each.
        activations: the function after each.
    """

    def __init__(self, layers: list[tuple[int, int, bool]], activations: list[_Activation]) -> None:
        self.layers, self.activations = layers, activations
        self.num_parameters = sum(out * (fan_in + bias) for out, fan_in, bias in layers)

    @staticmethod
    def of(module: nn.Module) -> DenseStack | None:
        """The stack that a module is, None if it is something else."""
        if not isinstance(module, nn.Sequential):
            return None
        layers: list[tuple[int, int, bool]] = []
        activations: list[_Activation] = []
        identity = _ACTIVATIONS[nn.Identity]
        for part in module:
            if type(part) is nn.Linear:
                layers.append((part.out_features, part.in_features, part.bias is not None))
                activations.append(identity)
                continue
            function = _activation(part)
            if function is None or not layers or activations[-1] is not identity:
                return None
            activations[-1] = function
        return DenseStack(layers, activations) if layers else None

    @property
    def is_tanh(self) -> bool:
        """Whether tanh, and nothing else, stands between the layers."""
        tanh, identity = _ACTIVATIONS[nn.Tanh], _ACTIVATIONS[nn.Identity]
        *inner, last = self.activations
        return last is identity and all(activation is tanh for activation in inner)

    @property
    def _is_in_place(self) -> bool:
        return all(activation.in_place is not None for activation in self.activations)

    def forward(self, theta: Tensor, X: Tensor) -> Tensor:
        """`S x n x o`, differentiable in `theta` (`S x P`) and `X` (`n x d` or `S x n x d`)."""
        if X.dim() == 2 and self._is_in_place and not (torch.is_grad_enabled() and theta.requires_grad):
            if not (torch.is_grad_enabled() and X.requires_grad):
                return dense_values(self, theta, X)
            if self.layers[-1][0] == 1:
                return dense_values_at(self, theta, X)
        h = X if X.dim() == 3 else X.expand(len(theta), *X.shape)
        for (weight, bias), activation in zip(self.split(theta), self.activations, strict=True):
            h = _affine(weight, bias, h)
            h = activation.value(h)
        return h

    def value_pullback(self, theta: Tensor, X: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        """`S x n x o`, and `dL/df (S x n x o) -> dL/dtheta (S x P)`, which may be called once."""
        theta = theta.detach()
        h = X if X.dim() == 3 else X.expand(len(theta), *X.shape)
        weights = self.split(theta)
        inputs, before, after = [], [], []
        for (weight, bias), activation in zip(weights, self.activations, strict=True):
            inputs.append(h)
            a = _affine(weight, bias, h)
            h = activation.in_place(a) if activation.in_place is not None else activation.value(a)
            before.append(a)
            after.append(h)

        def pullback(gradient: Tensor) -> Tensor:
            result = torch.empty_like(theta)
            parts = self.split(result)
            for index in reversed(range(len(weights))):
                gradient = self.activations[index].pullback(gradient, before[index], after[index])
                weight, bias = parts[index]
                torch.bmm(gradient.mT, inputs[index], out=weight)
                if bias is not None:
                    torch.sum(gradient, dim=1, out=bias)
                if index:
                    gradient = torch.bmm(gradient, weights[index][0])
            return result

        return h, pullback

    def split(self, theta: Tensor) -> list[tuple[Tensor, Tensor | None]]:
        """`(S x out x in, S x out or None)` of each layer, views of `theta`."""
        parts: list[tuple[Tensor, Tensor | None]] = []
        start, S = 0, len(theta)
        for out, fan_in, has_bias in self.layers:
            weight = theta[:, start : start + out * fan_in].view(S, out, fan_in)
            start += out * fan_in
            bias = theta[:, start : start + out] if has_bias else None
            start += out if has_bias else 0
            parts.append((weight, bias))
        return parts


def _affine(weight: Tensor, bias: Tensor | None, h: Tensor) -> Tensor:
    if bias is None:
        return torch.bmm(h, weight.mT)
    return torch.baddbmm(bias.unsqueeze(1), h, weight.mT)


def _activation(module: nn.Module) -> _Activation | None:
    if isinstance(module, Elementwise):
        function = module.activation
        return _Activation(function.function, lambda g, a, h: g * function.derivative(a))
    if isinstance(module, nn.GELU) and module.approximate != "none":
        return None
    if isinstance(module, nn.Softplus) and (module.beta, module.threshold) != (1.0, 20.0):
        return None
    return _ACTIVATIONS.get(type(module))
