"""Pictures, fields and series with one number each."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from augury.errors import InvalidInputError
from augury.problems.array_regression import fading_memory_series, rotated_digits, screened_poisson_fields


@pytest.mark.parametrize("make", [rotated_digits, screened_poisson_fields, fading_memory_series])
def test_data_come_from_the_seed(make):
    (X, y), (again, _), (other, _) = make(5, 0), make(5, 0), make(5, 1)
    assert np.array_equal(X, again)
    assert not np.allclose(X, other)
    assert y.shape == (5,)


def test_digits_are_turned_by_their_angle():
    X, angles = rotated_digits(3, 0, side=8, largest=1e-9)
    images = load_digits().images / 16.0
    inner = np.s_[:, 1:-1, 1:-1]  # what is turned beyond the border is cut off
    for picture in X.reshape(-1, 8, 8):
        assert np.abs(images[inner] - picture[None][inner]).sum((1, 2)).min() < 1e-6
    assert np.abs(angles).max() <= 1e-9
    X, angles = rotated_digits(400, 0, side=16)
    assert 40.0 < angles.max() <= 45.0
    assert (X.min(), X.max()) == (0.0, 1.0)
    with pytest.raises(InvalidInputError, match="1797"):
        rotated_digits(2000, 0)


def test_fields_solve_the_screened_equation():
    side = 16
    X, logarithms = screened_poisson_fields(400, 0, side)
    fields = (8.0 * (X - 0.5)).reshape(-1, side, side)
    assert np.allclose(fields.std((1, 2)), 1.0)
    wave = 2.0 * np.pi * np.fft.fftfreq(side)
    squared = wave[:, None] ** 2 + wave**2
    power = np.abs(np.fft.fft2(fields)) ** 2 * (np.exp(-2.0 * logarithms)[:, None, None] + squared) ** 2
    relative = (power / power.mean((1, 2), keepdims=True)).mean(0)  # that of white noise: 1 everywhere
    assert np.abs(relative - 1.0).max() < 0.3


def test_the_response_is_the_sum_over_the_past():
    X, response = fading_memory_series(2, 0, 20, each_step=True)
    u = 8.0 * (X - 0.5)
    expected = [sum((t - s + 1.0) ** -0.7 * u[:, s] for s in range(t + 1)) for t in range(20)]
    assert np.allclose(response, np.stack(expected, 1))
    assert np.allclose(fading_memory_series(2, 0, 20)[1], response[:, -1])
