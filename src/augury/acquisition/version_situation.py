"""What is known when a point and the version of the function to evaluate there are to be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from augury.acquisition.base import Acquisition
from augury.acquisition.circumstances import Circumstances
from augury.acquisition.constrained import ConstrainedAcquisition
from augury.acquisition.situation import Situation
from augury.space.space import Space


@dataclass(frozen=True, kw_only=True)
class VersionSituation(Circumstances):
    """The objectives, their surrogates of all versions, and the experiments so far.

    What is under evaluation is believed by the models to come out as expected.

    Args:
        models: k fitted BoTorch models, one for each objective's outcome, of points in any version.
        signs: `k`, +1 where the outcome is maximised, -1 where it is minimised.
        observed: `n x d` encoded points whose objectives were measured in the target version and that kept
            the outcome constraints.
        values: `n x k` measured objectives there, to be maximised.
        everywhere: `N x d` points whose objectives were measured, in any version.
        all_values: `N x k` measured objectives there, to be maximised.
        reference: `k`, the reference point of a hypervolume.
        space: of the points in the target version.
        column: that of the versions.
        target: the encoded version that counts.
        levels: `t` encoded versions that the models know, the target among them.
        costs: `t`, of each in units of the target's.
    """

    models: Sequence[Any]
    signs: np.ndarray
    observed: np.ndarray
    values: np.ndarray
    everywhere: np.ndarray
    all_values: np.ndarray
    reference: np.ndarray
    space: Space
    column: int
    target: float
    levels: np.ndarray
    costs: np.ndarray

    @property
    def maximize(self) -> bool:
        """Whether larger values of the single objective are better."""
        return bool(self.signs[0] > 0)

    @property
    def scale(self) -> float:
        """The standard deviation of the target's measured values of the first objective."""
        return float(self.values[:, 0].std()) or 1.0

    def cost(self, level: float) -> float:
        """Of a version, in units of the target's."""
        return float(self.costs[np.abs(self.levels - level).argmin()])

    def at(self, X: np.ndarray, level: float) -> np.ndarray:
        """Points (`n x d`) in another version."""
        moved = X.copy()
        moved[:, self.column] = level
        return moved

    def of_target(self) -> Situation:
        """The situation of one objective in the target version alone."""
        return Situation(
            model=self.models[0],
            observed=self.observed,
            values=self.signs[0] * self.values[:, 0],
            maximize=self.maximize,
            space=self.space,
            constraints=self.constraints,
            seed=self.seed,
        )


class Jointly(Protocol):
    """A point and its version, by one measure of the worth of both."""

    def acquisition(self, level: float) -> Acquisition:
        """The worth of points in one version (their own entry of it does not matter); comparable between
        versions."""


@runtime_checkable
class PointFirst(Protocol):
    """A point by what it is worth, and then a version of it: a two-step rule."""

    points: Acquisition  #: of points in the target version

    def version(self, x: np.ndarray) -> float:
        """The encoded version in which to evaluate a point (`d`)."""


class InVersion:
    """An acquisition of points as if they were in one version, whatever theirs is.

    Args:
        acquisition: of points in all versions.
        column: that of the versions.
        level: the encoded version.
        shift: added to the values.
    """

    def __init__(self, acquisition: Acquisition, column: int, level: float, shift: float = 0.0) -> None:
        self.acquisition, self.column, self.level, self.shift = acquisition, column, level, shift

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        return np.asarray(self.acquisition.value(self._moved(X)) + self.shift)

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`, 0 in the column of versions)."""
        value, gradient = self.acquisition.value_gradient(self._moved(X))
        gradient = gradient.copy()
        gradient[:, self.column] = 0.0
        return value + self.shift, gradient

    def _moved(self, X: np.ndarray) -> np.ndarray:
        moved = X.copy()
        moved[:, self.column] = self.level
        return moved


def constrained(situation: VersionSituation, acquisition: Acquisition, scale: float = 1.0) -> Acquisition:
    """The acquisition weighted with the constraints of the target, where there are any."""
    if not situation.constraints:
        return acquisition
    limits = [InVersion(one, situation.column, situation.target) for one in situation.constraints]
    return ConstrainedAcquisition(acquisition, limits, scale=scale)
