"""A rover's trajectory through obstacles, in 60 dimensions or any other even number."""

from __future__ import annotations

from functools import cached_property
from typing import final

import numpy as np
from scipy.interpolate import splev, splprep

from augury.errors import InvalidInputError

_OBSTACLES, _SIDE, _OBSTACLE_COST = 112, 0.05, 20.0
_STEP_COST, _MISS_COST, _REWARD = 0.05, 10.0, 5.0
_RESOLUTION = 1000
_APART = 1e-9  # the spline needs consecutive points that differ


@final
class RoverTrajectory:
    r"""The reward of a smooth trajectory through the unit square, from near (0, 0) to near (1, 1).

    .. math::
        f(x) = 5 - \int_0^1 c(r(t))\, |r'(t)|\, dt - 10\, \|r(0) - s\|_1 - 10\, \|r(1) - g\|_1

    with `s = (0.05, 0.05)`, `g = (0.95, 0.95)`, `c = 0.05`, and 20 more inside an obstacle or outside the
    square. `r` is the cubic smoothing spline of the d/2 points `(x_1, x_2), (x_3, x_4), ...`, each in
    [-0.1, 1.1]^2, with SciPy's default smoothing, and the integral a trapezoidal sum over 1,000 points.

    Source: Wang, Gehring, Kohli and Jegelka, "Batched large-scale Bayesian optimization in high-dimensional
    spaces", AISTATS 2018, section 5 (60 dimensions). There the centres of the 112 obstacles are a given list
    of random numbers, here they are drawn from `seed` (none covers start or goal), and there the points are
    moved by random numbers of size 1e-4.

    Args:
        dim: number of inputs, even and at least 8.
        seed: of the obstacles.
        centres: `k x 2` centres of obstacles to be used instead.

    Raises:
        InvalidInputError: another dimension.
    """

    bounds = (-0.1, 1.1)
    start, goal = np.array([0.05, 0.05]), np.array([0.95, 0.95])
    #: No trajectory has a larger reward.
    upper_bound = _REWARD

    def __init__(self, dim: int = 60, seed: int = 0, centres: np.ndarray | None = None) -> None:
        if dim < 8 or dim % 2:
            raise InvalidInputError(
                f"dim={dim}: a trajectory has two coordinates of at least four points; give an even number "
                "of at least 8"
            )
        self.dim = dim
        self.seed = seed
        self._given = centres

    @cached_property
    def centres(self) -> np.ndarray:
        """`k x 2` centres of the obstacles, squares of side 0.05."""
        if self._given is not None:
            return np.asarray(self._given, dtype=np.float64)
        drawn = np.random.default_rng(self.seed).random((2 * _OBSTACLES, 2))
        ends = np.stack([self.start, self.goal])
        clear = (np.abs(drawn[:, None] - ends).max(axis=2) > _SIDE).all(axis=1)
        return drawn[clear][:_OBSTACLES]

    def __call__(self, x: np.ndarray) -> float:
        """The reward of one trajectory (`d`)."""
        points = np.asarray(x, dtype=np.float64).reshape(-1, 2)
        points = points + _APART * np.random.default_rng(0).standard_normal(points.shape)
        spline, _ = splprep(points.T, k=3)
        path = np.stack(splev(np.linspace(0.0, 1.0, _RESOLUTION), spline), axis=1)
        costs = self._costs(path)
        lengths = np.linalg.norm(np.diff(path, axis=0), axis=1)
        travel = float(lengths @ (costs[:-1] + costs[1:])) / 2.0
        missed = float(np.abs(path[0] - self.start).sum() + np.abs(path[-1] - self.goal).sum())
        return _REWARD - travel - _MISS_COST * missed

    def _costs(self, path: np.ndarray) -> np.ndarray:
        """The cost per length at each point (`N x 2`) of a path."""
        offset = path[:, None] - self.centres
        inside = ((offset >= -_SIDE / 2) & (offset < _SIDE / 2)).all(axis=2).any(axis=1)
        outside = ((path < 0.0) | (path >= 1.0)).any(axis=1)
        return _STEP_COST + _OBSTACLE_COST * (inside | outside)
