"""What a strategy is given and what it returns: `Strategy`, `Proposal`, `Prediction`."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from augury.errors import InvalidInputError, NotSupportedError
from augury.strategies.state import State as State

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space


class ExhaustedError(InvalidInputError):
    """Every point of a finite space has been proposed; a run treats it as its natural end."""


@dataclass(frozen=True)
class Prediction:
    """What a strategy believed about one point when it proposed it.

    Args:
        mean: outcome -> predicted mean, in the outcome's units; empty when no model was asked.
        std: outcome -> standard deviation of the underlying function (no measurement noise), same units.
        reason: why the point was chosen: "initial design", "random", "sobol", "grid", or what
            `augury.strategies.explanation` says of a model's choice.
        weights: surrogate -> its weight, when a portfolio of surrogates decided.
        distance: how far the point is from the nearest one observed, where the strategy tells: the number of
            categories that differ, plus the differences of all numbers as shares of their ranges.
    """

    mean: dict[str, float] = field(default_factory=dict)
    std: dict[str, float] = field(default_factory=dict)
    reason: str = ""
    weights: dict[str, float] | None = None
    distance: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The prediction as strict JSON: numbers that are not finite are left out."""
        return {
            "mean": _finite(self.mean),
            "std": _finite(self.std),
            "reason": self.reason,
            "weights": None if self.weights is None else _finite(self.weights),
            "distance": self.distance,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Prediction:
        """The inverse of `to_dict`; keys this version does not know are ignored."""
        weights = document.get("weights")
        return cls(
            mean=_finite(document.get("mean") or {}),
            std=_finite(document.get("std") or {}),
            reason=str(document.get("reason", "")),
            weights=None if weights is None else _finite(weights),
            distance=document.get("distance"),
        )


@dataclass(frozen=True)
class Proposal:
    """The answer of a strategy.

    Args:
        points: n x d encoded points, each valid in the space that was asked about.
        predictions: one per point.
        state: what the strategy would like to be given next time; losing it costs time, never correctness.
    """

    points: np.ndarray
    predictions: list[Prediction]
    state: State | None = None


class Strategy(ABC):
    """Decides what to evaluate next; knows nothing of stores, files or processes.

    Members are final: a variation is another strategy, made of the same parts. Write one by implementing
    `propose`, and run `augury.testing.check_strategy` over it.
    """

    def check_goals(self, goals: Goals) -> None:  # noqa: B027  (most strategies take any goals)
        """Refuse goals that the strategy does not decide on; `propose` refuses them too.

        Raises:
            NotSupportedError: it cannot serve these goals.
        """

    @abstractmethod
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
        """The next points to evaluate.

        Args:
            space: where to look; columns held by `space.restrict` keep their value.
            goals: what is wanted of the m outcomes.
            observations: N evaluations, complete and failed, encoded.
            pending: P x d encoded points that are being evaluated, without a result yet.
            n: how many points, at least 1.
            seed: the only source of randomness; differs from one call to the next within a study.
            state: the state returned by an earlier proposal, or None; one that the strategy does not know is
                ignored.

        Returns:
            n points. In a finite space, fewer when fewer than n have not been evaluated yet.

        Raises:
            ExhaustedError: every point of a finite space has been evaluated or is pending.
            NotSupportedError: the strategy cannot serve these goals or this space.
            InvalidInputError: n < 1, or points of another dimension than the space.
        """


def check_request(space: Space, observations: Observations, pending: np.ndarray, n: int) -> None:
    """Refuse a request that no strategy can serve.

    Raises:
        InvalidInputError: n < 1, or observed or pending points of another dimension than the space.
    """
    if n < 1:
        raise InvalidInputError(f"{n} points were asked for; ask for at least 1")
    for what, X in (("observed", observations.X), ("pending", pending)):
        if X.ndim != 2 or X.shape[1] != space.dim:
            raise InvalidInputError(
                f"the {what} points have shape {X.shape}; the space encodes a point as {space.dim} numbers, "
                f"so rows of length {space.dim} are expected"
            )


def check_roles(space: Space, served: Collection[str]) -> None:
    """Refuse parameters of roles that a strategy does not decide on.

    Args:
        space: what was asked about.
        served: the roles that are understood.

    Raises:
        NotSupportedError: a parameter of another role.
    """
    for name, parameter in space.parameters.items():
        if parameter.role not in served:
            raise NotSupportedError(
                f"parameter {name!r} has the role {parameter.role!r}, which this strategy does not decide "
                "on; use strategy='auto'"
            )


def _finite(values: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items() if math.isfinite(value)}
