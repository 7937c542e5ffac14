"""Alignment of a Mach-Zehnder interferometer: four mirror screws, and the visibility of the fringes."""

from __future__ import annotations

from functools import cached_property
from typing import final

import torch
from botorch.test_functions.synthetic import SyntheticTestFunction
from torch import Tensor

# Lengths in mm.
_WAVELENGTH = 6.35e-4
_BEAM_RADIUS = 0.957
_ARM, _TO_FIRST, _TO_CAMERA = 200.0, 300.0, 100.0
_CAMERA, _PIXELS = 3.57, 64
_SCREW_STEP = 0.52e-6  # tilt (rad) for one step of a screw
_TILTS = (5000 * _SCREW_STEP, 2500 * _SCREW_STEP)  # of the far and the near mirror, screws fully turned
_SPREAD = 0.95  # width of the weights of the pixels, in sides of the camera


@final
class Interferometer(SyntheticTestFunction):
    r"""Visibility of the interference of two Gaussian laser beams on a camera; maximised, 1 when aligned.

    Beam 1 goes straight to the camera. Beam 2 is reflected by two mirrors, each tilted about two axes by a
    screw in [-1, 1] (the far mirror by up to 2.6 mrad, the near one by up to 1.3). At a pixel p, beam i of
    centre c_i and direction k_i has amplitude A_i = exp(-r_i^2 / w^2), r_i the distance of p from the axis,
    and phase 2 pi (p - c_i) . k_i / lambda. As a piezo shifts one phase by phi, the power on the camera is

    .. math::
        I(\phi) = \sum_p g_p (A_1^2 + A_2^2) + 2 \mathrm{Re}\, e^{i \phi} \sum_p g_p A_1 A_2 e^{i \Delta_p},
        \qquad V = \frac{I_{\max} - I_{\min}}{I_{\max} + I_{\min}}
          = \frac{|2 \sum_p g_p A_1 A_2 e^{i \Delta_p}|}{\sum_p g_p (A_1^2 + A_2^2)}

    with weights g_p = exp(-|p - centre|^2 / 0.95^2) in units of the camera's side. The value is nearly 0
    wherever the beams miss each other or cross at more than a small angle; a narrow ridge leads to the top.

    The published code takes the extremes over 16 frames of 8-bit images from a random first phase; here they
    are exact.

    Sources: Sorokin et al., "Interferobot: aligning an optical interferometer by a reinforcement learning
    agent", NeurIPS 2020, for the optics; Maddox et al. (NeurIPS 2021) for the weights.

    Args:
        noise_std, negate: as in BoTorch.
    """

    dim = 4
    _bounds = [(-1.0, 1.0)] * 4
    continuous_inds = [0, 1, 2, 3]
    _is_minimization_by_default = False
    _optimal_value = 1.0
    _optimizers = [(0.0, 0.0, 0.0, 0.0)]

    def __init__(self, noise_std: float | None = None, negate: bool = False) -> None:
        super().__init__(noise_std=noise_std, negate=negate)

    def beam(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Centre (on the near mirror) and direction of beam 2, each `... x 3`, for screws X (`... x 4`)."""
        direction = X.new_tensor([0.0, 0.0, 1.0]).expand(*X.shape[:-1], 3)
        centre = X.new_tensor([0.0, -_ARM, -(_TO_FIRST + _TO_CAMERA)]).expand_as(direction)
        mirrors = ((X[..., :2], _TILTS[0], -_ARM, -1.0), (X[..., 2:], _TILTS[1], 0.0, 1.0))
        for screws, largest, height, side in mirrors:
            normal = _normal(screws * largest, side)
            on_mirror = X.new_tensor([0.0, height, -_TO_CAMERA])
            length = _dot(on_mirror - centre, normal) / _dot(direction, normal)
            centre = centre + length * direction
            direction = direction - 2.0 * _dot(direction, normal) * normal
        return centre, direction

    def _evaluate_true(self, X: Tensor) -> Tensor:
        pixels, weights = self._camera
        own_centre, own_direction = X.new_tensor([0.0, 0.0, -_TO_CAMERA]), X.new_tensor([0.0, 0.0, 1.0])
        amplitude1, path1 = _wave(pixels, own_centre, own_direction)
        centre, direction = self.beam(X)
        amplitude2, path2 = _wave(pixels, centre.unsqueeze(-2), direction.unsqueeze(-2))
        phase = 2.0 * torch.pi / _WAVELENGTH * (path1 - path2)
        product = weights * amplitude1 * amplitude2
        crossed = torch.hypot((product * phase.cos()).sum(-1), (product * phase.sin()).sum(-1))
        return 2.0 * crossed / (weights * (amplitude1**2 + amplitude2**2)).sum(-1)

    @cached_property
    def _camera(self) -> tuple[Tensor, Tensor]:
        """Pixels (`4096 x 3`, in mm) and their weights (`4096`)."""
        index = torch.arange(_PIXELS, dtype=torch.float64) / _PIXELS - 0.5
        x, y = torch.meshgrid(index, index, indexing="ij")
        weights = torch.exp(-(x**2 + y**2) / _SPREAD**2)
        pixels = _CAMERA * torch.stack([x, y, torch.zeros_like(x)], -1)
        return pixels.reshape(-1, 3), weights.reshape(-1)


def _normal(tilts: Tensor, side: float) -> Tensor:
    """Normal (`... x 3`) of a mirror at 45 degrees whose screws tilt it by the given slopes (`... x 2`)."""
    x, y = (-tilts / torch.sqrt(1.0 + tilts**2)).unbind(-1)
    z = torch.sqrt(1.0 - x**2 - y**2)
    half = 0.5**0.5
    # turned about the x axis by 135 degrees (far mirror) or -45 degrees (near mirror)
    return torch.stack([x, half * side * (y - z), half * side * (y + z)], -1)


def _wave(points: Tensor, centre: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
    """Amplitude, and length of the path along the beam, at points (`... x 3`)."""
    offset = points - centre
    path = (offset * direction).sum(-1)
    squared_distance = (offset**2).sum(-1) - path**2
    return torch.exp(-squared_distance / _BEAM_RADIUS**2), path


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(-1, keepdim=True)
