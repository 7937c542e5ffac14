"""Small dense classifiers trained for the arithmetic that their Verilog has."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from augury.inference.map_training import adam

_SHARPNESS = 8.0  # of the loss: outputs are below 1
_SPREAD = 3.0  # standard deviations that fill the range of an input


def fixed_point_inputs(X: np.ndarray, reference: np.ndarray, bits: int) -> np.ndarray:
    """Rows as signed whole numbers: three standard deviations of the reference fill the range.

    Args:
        X: `n x d`.
        reference: the rows whose mean and deviation count.
        bits: of each number.
    """
    deviation = reference.std(axis=0)
    scaled = (X - reference.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    most = 2 ** (bits - 1) - 1
    numbers: np.ndarray = np.clip(np.rint(scaled / _SPREAD * most), -most, most).astype(np.int64)
    return numbers


def fixed_point_outputs(weights: Sequence[np.ndarray], X: np.ndarray, bits: int) -> np.ndarray:
    """What the hardware gives: products summed in full, shifted right by `bits - 1`, saturated.

    Args:
        weights: a matrix of whole numbers, `outputs x inputs`, for each layer; rectified between them.
        X: `n x d` whole numbers.
        bits: of each signal.
    """
    most = 2 ** (bits - 1) - 1
    for index, matrix in enumerate(weights):
        floor = 0 if index < len(weights) - 1 else -most
        X = np.clip((X @ matrix.T) >> (bits - 1), floor, most)
    return X


def train_fixed_point(
    X: np.ndarray,
    y: np.ndarray,
    widths: Sequence[int],
    bits: int,
    *,
    num_steps: int = 300,
    num_starts: int = 4,
    lr: float = 0.02,
    seed: int = 0,
) -> list[np.ndarray]:
    """Weights of a classifier, by gradients that pass through the rounding.

    Args:
        X: `n x widths[0]` whole numbers.
        y: `n` classes, from 0.
        widths: inputs, hidden layers, classes.
        bits: of each signal and weight.
        num_steps: of Adam, with all rows.
        num_starts: side by side; the one that is right for the most rows is taken.
        lr: the first step size.
        seed: of the first weights.

    Returns:
        A matrix of whole numbers, `outputs x inputs`, for each layer.

    Source: Bengio, Leonard and Courville, arXiv 1308.3432 (2013), for the straight-through estimator.
    """
    shapes = [(n_out, n_in) for n_in, n_out in pairwise(widths)]
    generator = torch.Generator().manual_seed(seed)
    start = torch.cat(
        [
            (2.0 * torch.rand(num_starts, n_out * n_in, generator=generator) - 1.0) / n_in**0.5
            for n_out, n_in in shapes
        ],
        dim=1,
    )
    scale = 2.0 ** (bits - 1)
    inputs, classes = torch.from_numpy(X).float() / scale, torch.from_numpy(y).long()

    def gradient(theta: Tensor) -> Tensor:
        theta = theta.detach().requires_grad_()
        outputs = _forward(_matrices(theta, shapes), inputs, scale)
        losses = cross_entropy(
            _SHARPNESS * outputs.flatten(0, 1), classes.repeat(num_starts), reduction="sum"
        )
        return torch.autograd.grad(losses / len(classes), theta)[0]

    theta = adam(gradient, start, steps=num_steps, lr=lr)
    found = [(_whole(matrix, scale) * scale).round().long().numpy() for matrix in _matrices(theta, shapes)]
    candidates = [[matrix[k] for matrix in found] for k in range(num_starts)]
    right = [(fixed_point_outputs(weights, X, bits).argmax(axis=1) == y).mean() for weights in candidates]
    return candidates[int(np.argmax(right))]


def _matrices(theta: Tensor, shapes: Sequence[tuple[int, int]]) -> list[Tensor]:
    """`starts x outputs x inputs` for each layer."""
    pieces = theta.split([n_out * n_in for n_out, n_in in shapes], dim=1)
    return [piece.reshape(-1, *shape) for piece, shape in zip(pieces, shapes, strict=True)]


def _forward(matrices: Sequence[Tensor], inputs: Tensor, scale: float) -> Tensor:
    """`starts x n x outputs`, in units of `1 / scale`."""
    most = (scale - 1.0) / scale
    signal = inputs.expand(len(matrices[0]), -1, -1)
    for index, matrix in enumerate(matrices):
        total = signal @ _whole(matrix, scale).transpose(-1, -2)
        total = total + (torch.floor(total * scale) / scale - total).detach()
        signal = total.clamp(0.0 if index < len(matrices) - 1 else -most, most)
    return signal


def _whole(matrix: Tensor, scale: float) -> Tensor:
    """Weights rounded to `1 / scale`; the gradient passes as if they were not."""
    held = matrix.clamp((1.0 - scale) / scale, (scale - 1.0) / scale)
    return held + (torch.round(held * scale) / scale - held).detach()
