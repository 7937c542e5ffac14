"""Pairs of a poor and a good design, from both directions of the gradient of synthetic functions."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from augury.strategies.offline.posterior_means import PosteriorMeans


@dataclass(frozen=True)
class Pairs:
    """P pairs of designs.

    Args:
        low, high: `P x D` vectors.
        y_low, y_high: P values of the function that each pair comes from.
    """

    low: Tensor
    high: Tensor
    y_low: Tensor
    y_high: Tensor

    def __len__(self) -> int:
        return len(self.low)


def synthesize_pairs(
    functions: PosteriorMeans, starts: Tensor, *, steps: int = 100, lr: float, min_gap: float = 1e-3
) -> Pairs:
    """The ends of gradient descent and ascent from the same points, on every function.

    Args:
        functions: S of them.
        starts: `N x D` points.
        steps: of plain gradient descent, `x -> x -+ lr * gradient`.
        lr: the step size.
        min_gap: pairs whose values differ by no more are left out.

    Returns:
        Up to `S N` pairs, in the order of the functions.
    """
    N = len(starts)
    X = starts.repeat(len(functions), 2, 1)  # S x 2N x D: those that descend, those that ascend
    signed = torch.cat([starts.new_full((N, 1), -lr), starts.new_full((N, 1), lr)])
    for _ in range(steps):
        X += signed * functions.value_gradient(X)[1]
    values, _ = functions.value_gradient(X)
    low, high = X.split(N, dim=1)
    y_low, y_high = values.split(N, dim=1)
    kept = y_high - y_low > min_gap
    return Pairs(low[kept], high[kept], y_low[kept], y_high[kept])
