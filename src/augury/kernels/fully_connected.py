"""The kernels of infinitely wide fully connected networks, fused: values and gradients by tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from augury.kernels.dual import ScaledDual
from augury.kernels.side import Side
from augury.kernels.tiles import TileRecursion


@dataclass(frozen=True)
class Scales:
    """One side of the recursion as differentiable tensors; see `augury.kernels.side.Side`.

    Args:
        Z: `n x (d + 1)`.
        gamma: `L x n`.
        beta: `L x n`.
        variance: `n` values `k(x, x)` of the NNGP kernel.
        tangent: `n` values of the neural tangent kernel on the diagonal.
    """

    Z: Tensor
    gamma: Tensor
    beta: Tensor
    variance: Tensor
    tangent: Tensor

    def numpy(self) -> Side:
        """The side without its graph."""
        parts = (np.ascontiguousarray(t.detach().numpy()) for t in (self.Z, self.gamma, self.beta))
        return Side(*parts)


def scales(X: Tensor, duals: Sequence[ScaledDual], weight_var: Tensor, bias_var: Tensor) -> Scales:
    """What the recursion needs of the inputs on one side.

    Args:
        X: `n x d`.
        duals: of the `L` activations.
        weight_var: `L + 1` variances, times the fan-in, of the layers' weights.
        bias_var: `L + 1` variances of the biases.
    """
    w, b = weight_var.sqrt(), _safe_sqrt(bias_var)
    q = bias_var[0] + weight_var[0] * X.square().mean(-1)
    tangent = q
    p = duals[0].input_scale(q)
    inputs = torch.nn.functional.pad(X * (w[0] / X.shape[-1] ** 0.5), (0, 1))
    constant = torch.zeros(X.shape[-1] + 1, dtype=X.dtype)
    constant[-1] = 1.0
    Z = (inputs + b[0] * constant) * p.unsqueeze(-1)
    gamma, beta = [], []
    for layer, dual in enumerate(duals):
        t = dual.output_scale(q)
        slope = dual.slope_square(q)
        q = bias_var[layer + 1] + weight_var[layer + 1] * dual.square(q)
        tangent = q + weight_var[layer + 1] * slope * tangent
        following = duals[layer + 1].input_scale(q) if layer + 1 < len(duals) else torch.ones_like(q)
        gamma.append(w[layer + 1] * t * following)
        beta.append(b[layer + 1] * following)
    return Scales(Z, torch.stack(gamma), torch.stack(beta), q, tangent)


def fully_connected(
    duals: Sequence[ScaledDual], left: Scales, right: Scales | None = None, *, tangents: bool = False
) -> tuple[Tensor, Tensor | None]:
    """The NNGP kernel and (with `tangents`) the neural tangent kernel between two sides, differentiable.

    Args:
        duals: of the activations.
        left: the rows' inputs.
        right: the columns'; None for the symmetric matrix of `left`.
        tangents: whether the neural tangent kernel is wanted too.
    """
    parts = [left.Z, left.gamma, left.beta, left.variance, left.tangent]
    if right is not None:
        parts += [right.Z, right.gamma, right.beta]
    K, T = _FullyConnected.apply(tuple(duals), tangents, *parts)
    return K, (T if tangents else None)


class _FullyConnected(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, duals: tuple[ScaledDual, ...], tangents: bool, *parts: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        left = _side(parts[:3])
        right = _side(parts[5:]) if len(parts) > 5 else None
        keep = any(ctx.needs_input_grad)
        recursion = TileRecursion(
            duals, left, right, tangents=tangents, keep=keep, threads=torch.get_num_threads()
        )
        K, T = recursion.evaluate()
        if right is None:
            np.fill_diagonal(K, parts[3].detach().numpy())
            if T is not None:
                np.fill_diagonal(T, parts[4].detach().numpy())
        ctx.recursion, ctx.symmetric = (recursion if keep else None), right is None
        return torch.from_numpy(K), None if T is None else torch.from_numpy(T)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Any, ...]:
        W, V = (None if g is None else g.detach().numpy() for g in gradients)
        left, right = ctx.recursion.pullback(W, V)
        if not ctx.symmetric:
            return None, None, *_tensors(left), None, None, *_tensors(right)
        left += right
        diagonals = [None if w is None else torch.from_numpy(w.diagonal().copy()) for w in (W, V)]
        return None, None, *_tensors(left), *diagonals


def _side(parts: Sequence[Tensor]) -> Side:
    return Side(*(np.ascontiguousarray(part.detach().numpy()) for part in parts))


def _tensors(side: Side) -> tuple[Tensor, Tensor, Tensor]:
    return torch.from_numpy(side.Z), torch.from_numpy(side.gamma), torch.from_numpy(side.beta)


def _safe_sqrt(value: Tensor) -> Tensor:
    positive = value > 0
    return torch.where(positive, torch.where(positive, value, 1.0).sqrt(), 0.0)
