"""Planar flows: what goes forward comes back, and densities are those of the change of variables."""

from __future__ import annotations

import pytest
import torch

from augury.inference.planar_flow import constrained_direction, planar_forward, planar_inverse


def flow(dim=4, seed=0, scale=2.0):
    generator = torch.Generator().manual_seed(seed)
    u, w = scale * torch.randn(2, dim, dtype=torch.float64, generator=generator)
    return u, w, torch.randn((), dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("seed", range(5))
def test_the_inverse_undoes_the_map(seed):
    u, w, b = flow(seed=seed)
    z = 5.0 * torch.randn(200, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(seed + 10))
    back, log_determinant = planar_inverse(planar_forward(z, u, w, b), u, w, b)
    torch.testing.assert_close(back, z, atol=1e-9, rtol=1e-9)
    jacobian = torch.func.vmap(torch.func.jacrev(planar_forward), in_dims=(0, None, None, None))(z, u, w, b)
    torch.testing.assert_close(log_determinant, torch.linalg.slogdet(jacobian)[1], atol=1e-8, rtol=1e-8)


def test_directions_that_fold_space_are_put_right():
    w = torch.tensor([1.0, 0.0], dtype=torch.float64)
    for strength in (-50.0, -5.0, 0.0, 5.0):
        direction = constrained_direction(torch.tensor([strength, 1.0], dtype=torch.float64), w)
        assert float(w @ direction) > -1.0
        assert float(direction[1]) == pytest.approx(1.0)


def test_the_inverse_is_differentiable_in_points_and_parameters():
    u, w, b = flow(dim=3, seed=3)
    y = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    arguments = [value.clone().requires_grad_(True) for value in (y, u, w, b)]
    assert torch.autograd.gradcheck(planar_inverse, arguments)
