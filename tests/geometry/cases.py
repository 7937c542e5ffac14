"""Manifolds whose geometry is known."""

from __future__ import annotations

import numpy as np


def sphere(n: int) -> np.ndarray:
    """Fibonacci's points of the unit sphere."""
    i = np.arange(n) + 0.5
    z, angle = 1.0 - 2.0 * i / n, np.pi * (1.0 + 5.0**0.5) * i
    radius = np.sqrt(1.0 - z * z)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


def flat_torus(side: int) -> np.ndarray:
    """A square lattice of the torus in four dimensions whose intrinsic geometry is flat, of radius 1."""
    angle = 2.0 * np.pi * np.arange(side) / side
    a, b = (grid.reshape(-1) for grid in np.meshgrid(angle, angle, indexing="ij"))
    return np.stack([np.cos(a), np.sin(a), np.cos(b), np.sin(b)], axis=1)


def moebius_band(n: int) -> np.ndarray:
    """Points of a surface with one side."""
    generator = np.random.default_rng(0)
    angle, across = generator.uniform(0.0, 2.0 * np.pi, n), generator.uniform(-0.4, 0.4, n)
    radius = 1.0 + across * np.cos(angle / 2.0)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), across * np.sin(angle / 2.0)], axis=1)
