"""Outputs of many dense networks at given inputs, and their slopes there, a few networks at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

if TYPE_CHECKING:
    from augury.networks.dense_stack import DenseStack

#: Numbers in one layer of the networks that are evaluated together, so that these stay in the cache.
_IN_CACHE = 1 << 15


def dense_values(stack: DenseStack, theta: Tensor, X: Tensor) -> Tensor:
    """`S x n x o` outputs without a graph, for parameters `S x P` and inputs `n x d` shared by all."""
    result = X.new_empty((len(theta), len(X), stack.layers[-1][0]))
    with torch.no_grad():
        for members, _, layers in _groups(stack, theta, X):
            result[members] = layers[-1]
    return result


def dense_values_at(stack: DenseStack, theta: Tensor, X: Tensor) -> Tensor:
    """The same, differentiable in `X`, for networks of one output: their slopes are computed at once."""
    values: Tensor = _OneOutput.apply(stack, theta, X)
    return values


class _OneOutput(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, stack: DenseStack, theta: Tensor, X: Tensor) -> Tensor:
        distinct, places = torch.unique(X, dim=0, return_inverse=True)
        n, d = distinct.shape
        values, slopes = X.new_empty((len(theta), n, 1)), X.new_empty((len(theta), n, d))
        for members, weights, layers in _groups(stack, theta, distinct):
            values[members] = layers[-1]
            slope = weights[-1].expand(-1, n, -1)
            for index in reversed(range(len(layers) - 1)):
                slope = stack.activations[index].pullback(slope, layers[index], layers[index])
                slope = torch.bmm(slope, weights[index])
            slopes[members] = slope
        ctx.save_for_backward(slopes, places)
        return values[:, places]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None, Tensor]:
        slopes, places = ctx.saved_tensors
        return None, None, torch.einsum("sn,snd->nd", gradients[0][..., 0], slopes[:, places])


def _groups(
    stack: DenseStack, theta: Tensor, X: Tensor
) -> Iterator[tuple[slice, list[Tensor], list[Tensor]]]:
    """Some members at a time: which, the weights `s x out x in` of each layer, and its outputs `s x n x out`.

    The outputs are buffers that the next group overwrites; activations must be `in_place` ones.
    """
    widest = max(out for out, _, _ in stack.layers)
    size = max(1, min(len(theta), _IN_CACHE // max(1, len(X) * widest)))
    buffers = [X.new_empty((size, len(X), out)) for out, _, _ in stack.layers]
    for start in range(0, len(theta), size):
        members = slice(start, min(start + size, len(theta)))
        parts = stack.split(theta[members])
        h = X.expand(members.stop - start, *X.shape)
        layers = []
        for (weight, bias), activation, buffer in zip(parts, stack.activations, buffers, strict=True):
            out = buffer[: len(h)]
            if bias is None:
                torch.bmm(h, weight.mT, out=out)
            else:
                torch.baddbmm(bias.unsqueeze(1), h, weight.mT, out=out)
            assert activation.in_place is not None
            h = activation.in_place(out)
            layers.append(h)
        yield members, [weight for weight, _ in parts], layers
