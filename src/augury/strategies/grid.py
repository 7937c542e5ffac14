"""The full factorial design."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, final

import numpy as np

from augury.acquisition.enumeration import is_among
from augury.errors import InvalidInputError
from augury.strategies.base import ExhaustedError, Prediction, Proposal, State, Strategy, check_request

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space

_MAX_CELLS = 100_000


@final
class Grid(Strategy):
    """Every combination of the parameters' values, in random order.

    A discrete parameter takes all of its values; a continuous one `levels` values, equally spaced on its own
    (linear or log) scale from bound to bound. Combinations that violate a constraint of the space are left
    out, and so are those that have been evaluated. The order is random, so that a study that stops early has
    not seen one corner only. The rows of a table are their own grid. Serves any goals.

    Args:
        levels: values of a continuous parameter, at least 2.

    Raises:
        InvalidInputError: `levels` is less than 2.
    """

    def __init__(self, levels: int = 5) -> None:
        if isinstance(levels, bool) or not isinstance(levels, int) or levels < 2:
            raise InvalidInputError(f"a grid has levels={levels!r}; give a whole number of at least 2")
        self.levels = levels

    def propose(
        self,
        space: Space,
        goals: Goals,
        observations: Observations,
        pending: np.ndarray,
        n: int,
        *,
        seed: int,
        state: State | None = None,
    ) -> Proposal:
        check_request(space, observations, pending, n)
        cells = self._cells(space)
        left = cells[~is_among(cells, np.concatenate([observations.X, pending]))]
        if len(left) == 0:
            raise ExhaustedError(
                f"all {len(cells)} points of the grid have been evaluated or are pending; use more levels "
                f"than {self.levels}, or another strategy"
            )
        order = np.random.default_rng(seed).permutation(len(left))[:n]
        return Proposal(left[order], [Prediction(reason="grid") for _ in order])

    def _cells(self, space: Space) -> np.ndarray:
        """All points of the grid, N x d."""
        if space.candidates is not None:
            return space.candidates
        axes = [self._axis(space, column) for column in range(space.dim)]
        count = prod(len(axis) for axis in axes)
        if count > _MAX_CELLS:
            raise InvalidInputError(
                f"the grid has {count:,} points, more than {_MAX_CELLS:,}; use fewer levels than "
                f"{self.levels}, coarser parameters, or strategy='sobol'"
            )
        cells = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(count, space.dim)
        cells = space.snap(cells)
        if space.conditions:  # cells that differ in an inactive parameter are one
            cells = np.unique(cells, axis=0)
        cells = cells[space.feasible(cells)]
        if len(cells) == 0:
            raise InvalidInputError(
                f"no point of the grid with {self.levels} levels satisfies the constraints of the space; "
                "use more levels"
            )
        return cells

    def _axis(self, space: Space, column: int) -> np.ndarray:
        if column in space.fixed_columns:
            return np.array([space.fixed_columns[column]])
        if column in space.cardinalities:
            return np.arange(space.cardinalities[column], dtype=float)
        if column in space.levels:
            return space.levels[column]
        return np.linspace(0.0, 1.0, self.levels)
