"""The kernel recursion on one tile of the matrix, in place, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
from scipy.linalg.blas import dger

from augury.kernels.dual import ScaledDual
from augury.kernels.side import Side


@final
class Workspace:
    """A tile's arrays: `u`, `g(u)`, `g'(u)` and the tangent at each layer, and scratch.

    Args:
        shape: of the tile.
        layers: how many activations there are.
        tangents: whether there are tangents.
        keep: an array for each layer; else layers share what is overwritten by the next.
    """

    def __init__(self, shape: tuple[int, int], layers: int, *, tangents: bool, keep: bool) -> None:
        self.shape = shape
        self.scratch = np.empty(shape)
        if keep:
            self.u = [np.empty(shape) for _ in range(layers + 1)]
            self.value, self.slope = ([np.empty(shape) for _ in range(layers)] for _ in range(2))
            self.tangent = [np.empty(shape) for _ in range(layers + 1)] if tangents else []
            return
        pair = [np.empty(shape), np.empty(shape)]
        self.u = [pair[layer % 2] for layer in range(layers + 1)]
        self.value = self.u[1:]
        self.slope = [np.empty(shape)] * layers
        self.tangent = [np.empty(shape)] * (layers + 1) if tangents else []


def forward(duals: Sequence[ScaledDual], left: Side, right: Side, space: Workspace) -> None:
    """All layers: `space.u[-1]` becomes the tile of `K`, and `space.tangent[-1]` that of `T` if wanted.

    Args:
        duals: of the activations, first layer first.
        left: the inputs of the tile's rows.
        right: those of its columns; `left` itself on the diagonal, for a tile that is exactly symmetric.
        space: of the tile's shape.
    """
    np.matmul(left.Z, right.Z.T, out=space.u[0])
    if space.tangent:
        np.copyto(space.tangent[0], space.u[0])
    scratch = space.scratch
    for layer, dual in enumerate(duals):
        value, slope, following = space.value[layer], space.slope[layer], space.u[layer + 1]
        dual.fill(space.u[layer], value, slope, scratch)
        np.multiply(left.gamma[layer][:, None], right.gamma[layer], out=scratch)
        np.multiply(value, scratch, out=following)
        if space.tangent:
            tangent = space.tangent[layer + 1]
            np.multiply(space.tangent[layer], slope, out=tangent)
            tangent *= scratch
        if right is left:
            np.multiply(left.beta[layer][:, None], left.beta[layer], out=scratch)
            following += scratch
        else:
            _add_outer(following, left.beta[layer], right.beta[layer])
        if space.tangent:
            tangent += following


def backward(
    duals: Sequence[ScaledDual],
    left: Side,
    right: Side,
    space: Workspace,
    G: np.ndarray,
    V: np.ndarray | None,
    *,
    left_only: bool,
) -> tuple[Side, Side | None]:
    """The gradient of `sum(G * K) + sum(V * T)` with respect to both sides' inputs, after `forward`.

    Args:
        duals: of the activations.
        left: the inputs of the tile's rows.
        right: those of its columns.
        space: as `forward` left it, made with `keep`.
        G: the weights of `K`; overwritten.
        V: the weights of `T`, or None for none; overwritten.
        left_only: leave out the right side, for which None is returned.
    """
    to_left, to_right = left.empty(), None if left_only else right.empty()
    scaled = space.scratch
    for layer, dual in reversed(list(enumerate(duals))):
        slope = space.slope[layer]
        if V is not None:
            G += V
        np.matmul(G, right.beta[layer], out=to_left.beta[layer])
        if to_right is not None:
            np.matmul(left.beta[layer], G, out=to_right.beta[layer])
        np.multiply(G, space.value[layer], out=scaled)
        if V is not None:
            scaled += V * slope * space.tangent[layer]
        np.matmul(scaled, right.gamma[layer], out=to_left.gamma[layer])
        if to_right is not None:
            np.matmul(left.gamma[layer], scaled, out=to_right.gamma[layer])
        np.multiply(left.gamma[layer][:, None], right.gamma[layer], out=scaled)
        G *= scaled
        G *= slope
        if V is not None:
            V *= scaled
            dual.fill_curvature(space.u[layer], scaled)
            scaled *= space.tangent[layer]
            scaled *= V
            G += scaled
            V *= slope
    if V is not None:
        G += V
    np.matmul(G, right.Z, out=to_left.Z)
    if to_right is not None:
        np.matmul(G.T, left.Z, out=to_right.Z)
    return to_left, to_right


def _add_outer(tile: np.ndarray, left: np.ndarray, right: np.ndarray) -> None:
    """`tile += left right^T`, in one pass over the tile; the rounding depends on the place in the tile."""
    dger(1.0, right, left, a=tile.T, overwrite_a=1)  # BLAS counts columns first
