"""The random environment of a Space: the columns that nobody chooses in use, and how they are distributed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.distributions import Normal, Weights
from augury.space.parameter import MAX_LEVELS, Parameter
from augury.space.scales import Array

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.space import Space


@dataclass(frozen=True, eq=False)
class FiniteMeasure:
    """Finitely many values of one encoded column.

    Args:
        points: K encoded values.
        weights: K probabilities, which add up to 1.
    """

    points: Array
    weights: Array

    def quantile(self, u: Array) -> Array:
        """The values below which the shares `u` lie."""
        index = np.searchsorted(np.cumsum(self.weights), u, side="right")
        result: Array = self.points[np.minimum(index, np.flatnonzero(self.weights)[-1])]
        return result


@dataclass(frozen=True)
class UniformMeasure:
    """The uniform distribution on the encoded unit interval."""

    def quantile(self, u: Array) -> Array:
        """The values below which the shares `u` lie."""
        return u


@dataclass(frozen=True)
class NormalMeasure:
    """A normal distribution truncated to the encoded unit interval.

    Args:
        mean: before truncation, encoded.
        std: likewise.
    """

    mean: float
    std: float

    def quantile(self, u: Array) -> Array:
        """The values below which the shares `u` lie."""
        from scipy.special import ndtr, ndtri  # not needed to open a study

        # of a distribution that lies on the right, the mirror image, whose tails are exact
        if self.mean < 0.5:
            return 1.0 - NormalMeasure(1.0 - self.mean, self.std).quantile(1.0 - u)
        low, high = ndtr(-self.mean / self.std), ndtr((1.0 - self.mean) / self.std)
        result: Array = np.clip(self.mean + self.std * ndtri(low + u * (high - low)), 0.0, 1.0)
        return result


Measure = FiniteMeasure | UniformMeasure | NormalMeasure


@dataclass(frozen=True, eq=False)
class Environment:
    """The environment's columns, independent of each other.

    Args:
        names: names of the e parameters.
        columns: their encoded columns.
        measures: their distributions, encoded.
    """

    names: list[str]
    columns: list[int]
    measures: list[Measure]

    @classmethod
    def of(cls, space: Space) -> Environment | None:
        """The environment of a space, None where every parameter is chosen.

        Raises:
            InvalidInputError: nothing is left to choose, or a constraint involves the environment.
            NotSupportedError: in a table of candidates.
        """
        names = [name for name, one in space.parameters.items() if one.role == "environment"]
        if not names:
            return None
        if space.candidates is not None:
            raise NotSupportedError("a table of candidates cannot have an environment; give parameters")
        if len(names) == space.dim:
            raise InvalidInputError("every parameter is of the environment; give one that can be chosen")
        columns = [space.columns.index(name) for name in names]
        if involved := space.rules.involving(columns):
            raise InvalidInputError(
                f"the constraint {involved[0]!r} involves a parameter of the environment, which nobody "
                "chooses; leave it out"
            )
        return cls(names, columns, [measure(name, space.parameters[name]) for name in names])

    @property
    def is_finite(self) -> bool:
        """Whether there are finitely many environments."""
        return all(isinstance(one, FiniteMeasure) for one in self.measures)

    def nodes(self, most: int, seed: int = 0) -> tuple[Array, Array]:
        """Environments that stand for all, and their probabilities.

        All combinations, exactly, where these are finite and at most `most`; otherwise as many points of
        equal weight, spread evenly (of one column, its quantiles; of several, quasi-random ones).

        Args:
            most: how many at most.
            seed: of the quasi-random points.

        Returns:
            K x e encoded values and K weights.
        """
        finite = [one for one in self.measures if isinstance(one, FiniteMeasure)]
        if self.is_finite and prod(len(one.points) for one in finite) <= most:
            grid = np.meshgrid(*(one.points for one in finite), indexing="ij")
            weights = np.meshgrid(*(one.weights for one in finite), indexing="ij")
            product = np.prod([part.ravel() for part in weights], axis=0)
            kept = product > 0.0
            return np.stack([part.ravel() for part in grid], axis=1)[kept], product[kept]
        if len(self.measures) == 1:
            units = (np.arange(most) + 0.5)[:, None] / most
        else:
            from augury.numerics.quasi_random import quasi_uniform

            units = quasi_uniform(most, len(self.measures), seed)
        values = [one.quantile(units[:, index]) for index, one in enumerate(self.measures)]
        return np.stack(values, axis=1), np.full(most, 1.0 / most)

    def centre(self) -> Array:
        """The medians of the e columns, at which a search over the other columns may hold them."""
        return np.array([float(one.quantile(np.array([0.5]))[0]) for one in self.measures])

    def without(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters that are chosen."""
        return {name: value for name, value in params.items() if name not in self.names}


def measure(name: str, parameter: Parameter) -> Measure:
    """The distribution of a parameter of the environment, in its encoded coordinate.

    Args:
        name: of the parameter, for messages.
        parameter: of the role "environment".

    Raises:
        InvalidInputError: more levels than can be summed over.
    """
    distribution = parameter.distribution
    if parameter.n_levels is None:
        if isinstance(distribution, Normal):
            low, high = parameter.low, parameter.high  # type: ignore[attr-defined]
            return NormalMeasure((distribution.mean - low) / (high - low), distribution.std / (high - low))
        return UniformMeasure()
    if parameter.n_levels > MAX_LEVELS:
        raise InvalidInputError(
            f"parameter {name!r} of the environment has {parameter.n_levels} levels, of which at most "
            f"{MAX_LEVELS} are summed over; use Float or a larger step"
        )
    points = parameter.encoded_levels()
    weights = np.ones(len(points))
    if isinstance(distribution, Weights):
        weights = np.array(distribution.weights)
    elif isinstance(distribution, Normal):
        z = (parameter.value_and_slope(points)[0] - distribution.mean) / distribution.std
        weights = np.exp(-0.5 * (z**2 - (z**2).min()))
    return FiniteMeasure(points, weights / weights.sum())


def check_environment(space: Space, goals: Goals) -> None:
    """Refuse goals and a space that do not go together.

    Raises:
        InvalidInputError: a risk measure without an environment, or a bad environment (`Environment.of`).
        NotSupportedError: several objectives, outcome constraints, or conditional parameters, in a random
            environment.
    """
    if Environment.of(space) is None:
        for goal in goals.objectives:
            if goal.risk is not None:
                raise InvalidInputError(
                    f"objective {goal.name!r}: risk={goal.risk!r} needs a parameter that is random in use; "
                    "give one role='environment'"
                )
        return
    if space.conditions:
        raise NotSupportedError(
            "parameters with active_if are not supported beside a random environment (role='environment'); "
            "make a study for each branch"
        )
    if goals.n_objectives > 1:
        raise NotSupportedError(
            "in a random environment (role='environment') one objective is supported, and there are "
            f"{goals.n_objectives}: let the function return their weighted sum, or optimise one and look at "
            "the others in the results"
        )
    if goals.constraints:
        raise NotSupportedError(
            f"the limit of {goals.constraints[0].name!r} stands beside a random environment "
            "(role='environment'), where it could mean the average, a share or all of the environments: let "
            "the function add to the objective what a violation costs (its risk= then covers it), or run the "
            "environments inside the function and return the worst value, without the role"
        )
