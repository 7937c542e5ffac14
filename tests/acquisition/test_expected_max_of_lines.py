from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import ndtr

from augury.acquisition.expected_max_of_lines import (
    expected_max_of_lines,
    expected_max_of_lines_gradient,
    log_expected_excess,
)
from augury.errors import InvalidInputError

RNG = np.random.default_rng(0)


def exactly(a: np.ndarray, b: np.ndarray) -> float:
    """The integral, piece by piece between all crossings of two lines, without an envelope."""
    i, j = np.triu_indices(len(a), 1)
    crossing = b[i] != b[j]
    cuts = np.sort((a[i] - a[j])[crossing] / (b[j] - b[i])[crossing])
    cuts = np.concatenate([[-40.0], cuts[np.abs(cuts) < 40.0], [40.0]])
    middle = 0.5 * (cuts[1:] + cuts[:-1])
    top = (a[:, None] + b[:, None] * middle).argmax(axis=0)
    density = np.exp(-0.5 * cuts**2) / np.sqrt(2 * np.pi)
    return float(a[top] @ np.diff(ndtr(cuts)) - b[top] @ np.diff(density))


def test_it_is_the_integral_on_1000_random_cases() -> None:
    sizes = RNG.integers(1, 12, 1000)
    for k in np.unique(sizes):
        count = int((sizes == k).sum())
        a, b = RNG.standard_normal((2, count, k)) * RNG.choice([0.1, 1.0, 3.0], (2, count, 1))
        expected = [exactly(*lines) for lines in zip(a, b, strict=True)]
        np.testing.assert_allclose(expected_max_of_lines(a, b), expected, rtol=1e-10, atol=1e-11)


def test_it_is_the_integral_by_quadrature() -> None:
    nodes = np.linspace(-9.0, 9.0, 200_001)
    weights = np.exp(-0.5 * nodes**2) / np.sqrt(2 * np.pi) * (nodes[1] - nodes[0])
    for a, b in RNG.standard_normal((20, 2, 6)):
        expected = weights @ (a[:, None] + b[:, None] * nodes).max(axis=0)
        np.testing.assert_allclose(expected_max_of_lines(a, b), expected, atol=1e-8)


def test_known_values() -> None:
    assert expected_max_of_lines(np.array([3.0]), np.array([-2.0])) == 3.0  # one line: its mean
    # E|Z|, E max(0, Z) and E max(1, 1 + Z)
    for a, b, value in (
        ([0.0, 0.0], [-1.0, 1.0], np.sqrt(2 / np.pi)),
        ([0.0, 0.0], [0.0, 1.0], 1 / np.sqrt(2 * np.pi)),
        ([1.0, 1.0], [1.0, 0.0], 1 + 1 / np.sqrt(2 * np.pi)),
    ):
        np.testing.assert_allclose(expected_max_of_lines(np.array(a), np.array(b)), value, rtol=1e-14)


def test_of_parallel_lines_the_highest_counts() -> None:
    a, b = np.array([0.0, 2.0, 1.0, -5.0]), np.full(4, 0.7)
    value, by_a, by_b = expected_max_of_lines_gradient(a, b)
    assert value == 2.0
    np.testing.assert_array_equal(by_a, [0.0, 1.0, 0.0, 0.0])
    np.testing.assert_array_equal(by_b, 0.0)
    assert log_expected_excess(a, b)[0] == -np.inf
    assert not log_expected_excess(a, b)[1].any()


@pytest.mark.parametrize("gap", [0.0, 1e-300, 1e-17, 1e-13, 1e-9])
def test_nearly_equal_slopes_do_no_harm(gap: float) -> None:
    a = np.array([0.3, 0.3 - 1e-3, 0.0, 0.5])
    b = np.array([1.0, 1.0 + gap, -1.0, 1.0 - gap])
    expected = exactly(a[[2, 3]], b[[2, 3]])
    np.testing.assert_allclose(expected_max_of_lines(a, b), expected, rtol=1e-8)
    assert all(np.isfinite(part).all() for part in log_expected_excess(a, b))
    zero = expected_max_of_lines(np.array([1.0, 2.0]), np.array([0.0, gap * 1e-5]))
    np.testing.assert_allclose(zero, 2.0)


def test_repeated_and_reordered_lines_change_nothing() -> None:
    a, b = RNG.standard_normal((2, 50, 7))
    order = RNG.permutation(14)
    doubled = (np.concatenate([part, part], axis=1)[:, order] for part in (a, b))
    np.testing.assert_allclose(expected_max_of_lines(*doubled), expected_max_of_lines(a, b), rtol=1e-13)


def test_derivatives_agree_with_finite_differences() -> None:
    a, b = RNG.standard_normal((2, 30, 6))
    _, by_a, by_b = expected_max_of_lines_gradient(a, b)
    _, log_by_a, log_by_b = log_expected_excess(a, b)
    step = 1e-6
    for i in range(6):
        shift = step * np.eye(6)[i]
        for function, of_a, of_b in (
            (expected_max_of_lines, by_a, by_b),
            (lambda *lines: log_expected_excess(*lines)[0], log_by_a, log_by_b),
        ):
            slope_a = (function(a + shift, b) - function(a - shift, b)) / (2 * step)
            slope_b = (function(a, b + shift) - function(a, b - shift)) / (2 * step)
            np.testing.assert_allclose(of_a[:, i], slope_a, rtol=1e-5, atol=1e-7)
            np.testing.assert_allclose(of_b[:, i], slope_b, rtol=1e-5, atol=1e-7)


def test_the_logarithm_survives_underflow() -> None:
    a, b = np.array([0.0, -30.0, -60.0]), np.array([0.0, 1.0, 0.5])
    value, by_a, _ = log_expected_excess(a, b)
    z = 30.0  # h(-z) = phi(z) / z^2 (1 - 3 / z^2 + ...)
    np.testing.assert_allclose(value, -0.5 * z**2 - 0.5 * np.log(2 * np.pi) - 2 * np.log(z), atol=5e-3)
    np.testing.assert_allclose(by_a[1], z, rtol=5e-3)
    far = log_expected_excess(np.array([0.0, -1e8]), np.array([0.0, 1.0]))
    assert np.isfinite(far[0])
    np.testing.assert_allclose(far[1], [-1e8, 1e8], rtol=1e-6)


def test_the_excess_is_what_exceeds_the_largest_intercept() -> None:
    a, b = RNG.standard_normal((2, 3, 20, 5))
    excess = np.exp(log_expected_excess(a, b)[0])
    np.testing.assert_allclose(excess, expected_max_of_lines(a, b) - a.max(axis=-1), rtol=1e-9, atol=1e-13)
    assert excess.shape == (3, 20)


def test_tensors_are_differentiated() -> None:
    a, b = torch.randn(2, 3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.autograd.gradcheck(expected_max_of_lines, (a.requires_grad_(True), b.requires_grad_(True)))
    broadcast = expected_max_of_lines(a, b[0, 0])
    np.testing.assert_allclose(
        broadcast.detach(), expected_max_of_lines(a.detach().numpy(), b[0, 0].detach().numpy())
    )


def test_bad_shapes_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="at least one line"):
        expected_max_of_lines(np.empty((3, 0)), np.empty((3, 0)))
    with pytest.raises(InvalidInputError, match="shapes"):
        expected_max_of_lines(np.zeros(3), np.zeros(4))
