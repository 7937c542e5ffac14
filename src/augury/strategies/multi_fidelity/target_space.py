"""The version that counts by itself: its points without the column of versions."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from augury.space.fidelity import Fidelity
from augury.space.observations import Observations
from augury.space.space import Space


class TargetSpace:
    """The space of a function that has the target version only, and the way there and back.

    What decides in it decides as if the other versions did not exist.

    Args:
        space: with a fidelity on which no other parameter depends (`is_separable`).
    """

    def __init__(self, space: Space) -> None:
        assert space.fidelity is not None
        self.fidelity: Fidelity = space.fidelity
        self._whole = space

    @staticmethod
    def is_separable(space: Space) -> bool:
        """Whether no other parameter is active in some versions only."""
        return space.fidelity is not None and space.fidelity.column not in space.conditions.parents

    @cached_property
    def space(self) -> Space:
        """The space, what the whole one holds held."""
        name = self.fidelity.name
        parameters = {key: one for key, one in self._whole.parameters.items() if key != name}
        alone = Space(parameters, constraints=self._whole.constraints)
        held = {key: value for key, value in self._whole.decode_fixed().items() if key != name}
        return alone.restrict(held) if held else alone

    def narrow(self, X: np.ndarray) -> np.ndarray:
        """Points of any version (`n x d`) without it (`n x (d - 1)`)."""
        return np.delete(X, self.fidelity.column, axis=1)

    def widen(self, X: np.ndarray, level: float | None = None) -> np.ndarray:
        """Points without a version (`n x (d - 1)`) in one, the target by default (`n x d`)."""
        return np.insert(X, self.fidelity.column, self.fidelity.target if level is None else level, axis=1)

    def busy(self, X: np.ndarray) -> np.ndarray:
        """Those of the points (`n x d`) that are in the target, without the version."""
        return self.narrow(X[self.fidelity.at_target(X)])

    def results(self, observations: Observations) -> Observations:
        """What was observed of the target."""
        rows = self.fidelity.at_target(observations.X)
        kept = {name: getattr(observations, name)[rows] for name in ("Y", "Yvar", "cost", "status")}
        gradient = observations.gradient
        if gradient is not None:
            gradient = np.delete(gradient[rows], self.fidelity.column, axis=2)
        return replace(observations, X=self.narrow(observations.X[rows]), gradient=gradient, **kept)


def stands_alone(space: Space, observations: Observations) -> bool:
    """Whether the target can be looked at by itself: other versions do not even tell of it by failing."""
    fidelity = space.fidelity
    if fidelity is None or fidelity.column in space.fixed_columns or not TargetSpace.is_separable(space):
        return False
    return not bool(observations.failed[~fidelity.at_target(observations.X)].any())
