"""Radial basis functions of a squared distance."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_TINY = 1e-9  # the root and the logarithm have no derivative at 0


def _gaussian(D: Tensor) -> Tensor:
    return torch.exp(-0.5 * D)


def _multiquadric(D: Tensor) -> Tensor:
    return (D + 1.0).sqrt()


def _inverse_multiquadric(D: Tensor) -> Tensor:
    return (D + 1.0).rsqrt()


def _cubic(D: Tensor) -> Tensor:
    return (D + _TINY) ** 1.5


def _thin_plate(D: Tensor) -> Tensor:
    return 0.5 * D * (D + _TINY).log()  # r^2 log r


def _wendland(D: Tensor) -> Tensor:
    r = (D + _TINY).sqrt()
    return (1.0 - r).clamp_min(0.0) ** 9 * (9.0 * r + 1.0)


#: By name, as functions of the squared distance `D = r^2`.
RADIAL_BASES: dict[str, Callable[[Tensor], Tensor]] = {
    "gaussian": _gaussian,
    "multiquadric": _multiquadric,
    "inverse_multiquadric": _inverse_multiquadric,
    "cubic": _cubic,
    "thin_plate": _thin_plate,
    "wendland": _wendland,
}
