from itertools import pairwise

import numpy as np
import torch

from augury.hardware.fixed_point import (
    _forward,
    fixed_point_inputs,
    fixed_point_outputs,
    train_fixed_point,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 2))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)  # no line divides these classes


def test_inputs_fill_the_range_of_their_bits():
    numbers = fixed_point_inputs(np.array([[0.0], [3.0], [99.0], [-99.0]]), np.array([[-1.0], [1.0]]), 4)
    assert numbers.ravel().tolist() == [0, 7, 7, -7]


def test_outputs_by_hand():
    weights = [np.array([[3, -2], [1, 1]]), np.array([[-3, 2]])]
    # products 3 * 3 + 2 * 3 = 15 -> 15 >> 2 = 3; 3 - 3 = 0; then -3 * 3 = -9 -> -9 >> 2 = -3
    assert fixed_point_outputs(weights, np.array([[3, -3]]), 3).tolist() == [[-3]]


def test_training_sees_the_arithmetic_of_the_hardware():
    bits, scale = 4, 8.0
    weights = [RNG.integers(-7, 8, size=shape) for shape in ((5, 2), (3, 5))]
    numbers = fixed_point_inputs(X, X, bits)
    matrices = [torch.from_numpy(matrix / scale).float().unsqueeze(0) for matrix in weights]
    outputs = _forward(matrices, torch.from_numpy(numbers).float() / scale, scale)[0] * scale
    assert np.array_equal(outputs.numpy(), fixed_point_outputs(weights, numbers, bits))


def test_a_hidden_layer_learns_what_none_cannot():
    bits = 5
    numbers = fixed_point_inputs(X, X, bits)

    def right(*widths):
        weights = train_fixed_point(numbers, Y, widths, bits, num_steps=150)
        assert [matrix.shape for matrix in weights] == [(n_out, n_in) for n_in, n_out in pairwise(widths)]
        assert max(np.abs(matrix).max() for matrix in weights) <= 15
        return (fixed_point_outputs(weights, numbers, bits).argmax(axis=1) == Y).mean()

    assert right(2, 2) < 0.75
    assert right(2, 8, 2) > 0.85


def test_the_same_seed_gives_the_same_weights():
    numbers = fixed_point_inputs(X, X, 3)
    first, again, other = (
        train_fixed_point(numbers, Y, (2, 3, 2), 3, num_steps=5, seed=seed) for seed in (0, 0, 1)
    )
    assert all(map(np.array_equal, first, again))
    assert not all(map(np.array_equal, first, other))
