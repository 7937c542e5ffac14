"""The interferometer: the beam of the published simulator, and what alignment means."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.problems.interferometer import Interferometer

# Screws -> centre and direction of beam 2 in the published simulator (version with four screws).
BEAMS = {
    (0.5, -0.25, 0.75, 1.0): (
        (-0.3674598539808, -0.2581477797679, -100.259327173),
        (-0.003222098260706, -0.003894799954157, 0.9999872242264),
    ),
    (-1.0, 0.3, 0.0, -0.6): (
        (0.7359730139748, 0.3143357181497, -99.68615426338),
        (0.003674061273053, 0.003126738433171, 0.9999883623225),
    ),
    (0.02, -0.03, 0.01, 0.04): (
        (-0.01470667444996, -0.03119107927395, -100.0311945937),
        (-9.193344069022e-05, -0.0002599957709571, 0.9999999619752),
    ),
}


@pytest.mark.parametrize("screws", BEAMS)
def test_the_beam_is_that_of_the_published_simulator(screws: tuple[float, ...]) -> None:
    centre, direction = Interferometer().beam(torch.tensor(screws, dtype=torch.float64))
    np.testing.assert_allclose(centre.numpy(), BEAMS[screws][0], atol=1e-9)
    np.testing.assert_allclose(direction.numpy(), BEAMS[screws][1], atol=1e-12)


def test_visibility_is_that_of_many_frames() -> None:
    """The exact extremes against the power on the camera while the phase goes round."""
    function = Interferometer()
    screws = torch.tensor([0.02, -0.03, 0.01, 0.04], dtype=torch.float64)
    centre, direction = (part.numpy() for part in function.beam(screws))
    axis = (np.arange(64) / 64 - 0.5) * 3.57
    x, y = np.meshgrid(axis, axis, indexing="ij")
    points = np.stack([x, y, np.zeros_like(x)], -1)
    offset = points - centre
    path = offset @ direction
    first = np.exp(-(x**2 + y**2) / 0.957**2)
    second = np.exp(-(np.linalg.norm(np.cross(offset, direction), axis=-1) ** 2) / 0.957**2)
    weights = np.exp(-(x**2 + y**2) / (0.95 * 3.57) ** 2)
    delta = 2 * np.pi / 6.35e-4 * (100.0 - path)
    phases = np.linspace(0, 2 * np.pi, 1000)
    power = np.array(
        [
            (weights * (first**2 + second**2 + 2 * first * second * np.cos(delta + phi))).sum()
            for phi in phases
        ]
    )
    expected = (power.max() - power.min()) / (power.max() + power.min())
    assert float(function(screws.unsqueeze(0))) == pytest.approx(expected, abs=1e-5)


def test_aligned_mirrors_give_full_visibility_and_crossed_beams_none() -> None:
    function = Interferometer()
    assert float(function(function.optimizers)) == pytest.approx(function.optimal_value, abs=1e-9)
    assert float(function(torch.tensor([[1.0, 1.0, 1.0, 1.0]], dtype=torch.float64))) < 0.02


def test_a_batch_is_its_points_one_by_one() -> None:
    X = 0.1 * torch.randn(2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    function = Interferometer()
    together = function(X)
    assert together.shape == (2, 3)
    assert float(function(X[1, 2:3])) == pytest.approx(float(together[1, 2]), rel=1e-9)
