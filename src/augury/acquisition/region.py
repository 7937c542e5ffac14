"""A region around the best point, longer along the inputs that matter less, and candidates inside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from augury.acquisition.starts import is_box
from augury.numerics.quasi_random import quasi_uniform
from augury.space.repair import repaired
from augury.space.space import Space

_PERTURBED = 20  # columns in which a candidate differs from the centre, on average at most
_MOST_STRETCHED = 10.0  # side of a column against the median side


@dataclass(frozen=True)
class Region:
    """A box in the encoded space, around one of its points.

    Args:
        space: what the box is part of.
        centre: `dim`, a point of the space.
        lower: `dim`, within the bounds of the space; the centre where a column is held or categorical.
        upper: likewise.
    """

    space: Space
    centre: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @classmethod
    def around(
        cls, space: Space, centre: np.ndarray, length: float, lengthscales: np.ndarray | None
    ) -> Region:
        r"""The box whose sides have `length` on (geometric) average, in proportion to the lengthscales.

        .. math::
            |x_i - c_i| \le \frac{L}{2}\, \frac{\ell_i}{(\prod_j \ell_j)^{1/d}}

        A lengthscale that is more than ten times the median, or less than a tenth of it, counts as that: an
        input that does not matter at all would otherwise shrink the others' sides.

        Args:
            space: not a table.
            centre: `dim`.
            length: `L`, 1 for the whole width of the cube.
            lengthscales: `dim`, NaN for categories; None for a cube.

        Source: Eriksson et al., "Scalable global optimization via local Bayesian optimization", NeurIPS
        2019, section 2.
        """
        low, high = space.bounds
        weights = np.ones(space.dim)
        numeric = _moving(space)
        if lengthscales is not None and len(numeric):
            relative = lengthscales[numeric] / np.median(lengthscales[numeric])
            relative = np.clip(relative, 1.0 / _MOST_STRETCHED, _MOST_STRETCHED)
            weights[numeric] = relative / np.exp(np.log(relative).mean())
        lower, upper = centre.copy(), centre.copy()
        half = 0.5 * length * weights[numeric]
        lower[numeric] = np.maximum(centre[numeric] - half, low[numeric])
        upper[numeric] = np.minimum(centre[numeric] + half, high[numeric])
        return cls(space, centre, lower, upper)

    def candidates(self, count: int, seed: int) -> np.ndarray:
        """Up to `count` distinct points of the space in the region (`N x dim`), without the centre.

        Each keeps the centre's value in all columns but about 20 of them, drawn at random: in many dimensions
        the points that differ in all columns are all far away. Categories are drawn anew. Where linear
        constraints leave few such points, there are fewer.

        Source: Regis and Shoemaker, "Combining radial basis function surrogates and dynamic coordinate search
        in high-dimensional expensive black-box optimization", Engineering Optimization 45 (2013).
        """
        space, rng = self.space, np.random.default_rng([seed, 3])
        free = np.array([c for c in range(space.dim) if c not in space.fixed_columns], dtype=np.intp)
        if not len(free):
            return np.empty((0, space.dim))
        changed = np.zeros((count, space.dim), dtype=bool)
        changed[:, free] = rng.random((count, len(free))) < min(1.0, _PERTURBED / len(free))
        unchanged = np.flatnonzero(~changed.any(axis=1))
        changed[unchanged, rng.choice(free, size=len(unchanged))] = True
        drawn = self.lower + (self.upper - self.lower) * quasi_uniform(count, space.dim, seed)
        for column, cardinality in space.cardinalities.items():
            drawn[:, column] = rng.integers(cardinality, size=count)
        points = np.where(changed, drawn, self.centre)
        if not is_box(space):
            points = repaired(space, points)
            points = points[space.feasible(points)]
        points = np.unique(points, axis=0)
        return points[(points != self.centre).any(axis=1)]


def _moving(space: Space) -> np.ndarray:
    """The numeric columns that are not held."""
    held = {*space.cardinalities, *space.fixed_columns}
    return np.array([column for column in range(space.dim) if column not in held], dtype=np.intp)
