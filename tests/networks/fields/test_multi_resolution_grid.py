"""Grids of features."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.interpolate import RegularGridInterpolator

from augury.errors import InvalidInputError
from augury.networks import CoordinateWarning, MultiResolutionGrid


def places(n, d, seed=0):
    return 2.0 * torch.rand(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) - 1.0


@pytest.mark.parametrize("d", [2, 3])
def test_features_are_scipys_interpolation_of_each_level(d):
    grid, x = MultiResolutionGrid(d, (2, 1), (3, 5)), places(20, d)
    expected = []
    for values in grid.grids:
        for channel in values[0].detach().numpy():
            nodes = np.linspace(-1.0, 1.0, channel.shape[0])
            expected.append(RegularGridInterpolator((nodes,) * d, channel)(x.numpy()))
    assert grid.out_features == 3
    assert np.allclose(grid(x).detach().numpy(), np.stack(expected, 1), atol=1e-10)
    assert torch.equal(grid(x.reshape(4, 5, d)), grid(x).reshape(4, 5, -1))


@pytest.mark.parametrize("wrap", ["triangle", "sawtooth"])
def test_a_frequency_repeats_the_grid(wrap):
    once = MultiResolutionGrid(2, (3,), (4,))
    tiled = MultiResolutionGrid(2, (3,), (4,), frequencies=(2.0,), wrap=wrap)
    x = places(10, 2)
    left = torch.stack([0.5 * (x[:, 0] - 1.0), 0.5 * (x[:, 1] - 1.0)], 1)  # the first of the two periods
    assert torch.allclose(tiled(left), once(x), atol=1e-10)
    again = left + torch.tensor([1.0, 0.0], dtype=torch.float64)
    mirror = torch.tensor([-1.0, 1.0], dtype=torch.float64)
    assert torch.allclose(tiled(again), once(x if wrap == "sawtooth" else x * mirror), atol=1e-10)


def test_only_the_triangle_is_continuous():
    jump = {}
    for wrap in ("triangle", "sawtooth"):
        grid = MultiResolutionGrid(2, (3,), (4,), frequencies=(2.0,), wrap=wrap)
        sides = torch.tensor([[-1e-9, 0.3], [1e-9, 0.3]], dtype=torch.float64)
        jump[wrap] = float(grid(sides).diff(dim=0).abs().max())
    assert jump["triangle"] < 1e-6 < 0.1 < jump["sawtooth"]


def test_coefficients_multiply_the_features():
    grid = MultiResolutionGrid(2, (2,), (4,), coefficient_resolution=3)
    x = places(5, 2)
    plain = grid(x)
    with torch.no_grad():
        grid.coefficients.mul_(2.0)
    assert torch.allclose(grid(x), 2.0 * plain)


def test_outside_counts_as_the_border_and_is_warned_of():
    grid = MultiResolutionGrid(2, (2,), (4,))
    with pytest.warns(CoordinateWarning):
        outside = grid(torch.tensor([[1.5, 0.0]], dtype=torch.float64))
    assert torch.equal(outside, grid(torch.tensor([[1.0, 0.0]], dtype=torch.float64)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"in_dim": 1},
        {"channels": (2,)},
        {"frequencies": (2.0,)},
        {"frequencies": (0.5, 2.0)},
        {"wrap": "none"},
        {"coefficient_resolution": 1},
        {"scale": 0.0},
    ],
    ids=lambda given: next(iter(given)),
)
def test_what_is_not_allowed_is_said(wrong):
    with pytest.raises(InvalidInputError, match="given"):
        MultiResolutionGrid(**{"in_dim": 2, "channels": (2, 2), "resolutions": (4, 8), **wrong})


def test_points_of_another_dimension_are_refused():
    with pytest.raises(InvalidInputError, match="2 coordinates"):
        MultiResolutionGrid(2, (2,), (4,))(torch.zeros(3, 3))
