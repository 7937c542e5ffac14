"""Space-filling designs that go on from one proposal to the next without repeating a point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, log2
from typing import TYPE_CHECKING, Any

import numpy as np

from augury.acquisition.enumeration import is_among
from augury.space.sampling import sobol
from augury.strategies.base import ExhaustedError, Prediction
from augury.strategies.state import State

if TYPE_CHECKING:
    import torch

    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space

_VERSION = 1
_SHORTEST = 16  # points drawn of a design at least
_FEWEST_INITIAL, _MOST_INITIAL = 5, 20
_UNLIMITED = 2**62
_SHARE_OF_FINITE = 8  # the start takes at most one in so many points of a finite space


@dataclass(frozen=True)
class InitialDesign:
    """A scrambled Sobol sequence, known by its seed, of which the first points not yet seen are used.

    Each proposal of a study has its own seed; the design keeps the first one, so that all its points belong
    to one stratified sequence.
    """

    seed: int

    @classmethod
    def resume(cls, state: State | None, seed: int) -> InitialDesign:
        """The design that `state` remembers, or a new one from `seed`."""
        if state is None or state.version != _VERSION:
            return cls(seed)
        remembered = state.data.get("design_seed")
        return cls(remembered if isinstance(remembered, int) else seed)

    def state(self, *, tensors: Mapping[str, torch.Tensor] | None = None, **data: Any) -> State:
        """What `resume` needs, with what else the strategy wants to remember."""
        return State(_VERSION, {"design_seed": self.seed, **data}, {} if tensors is None else tensors)

    def next_points(self, space: Space, n: int, seen: np.ndarray) -> np.ndarray:
        """The next n points (n x d) of the design; fewer when a finite space has fewer left.

        The design is drawn from its first point on each time, as the sequence alone decides what comes next.
        Its length grows by doubling, because in a table a point may depend on how many are drawn.
        """
        length = max(_SHORTEST, 2 ** ceil(log2(len(seen) + n)))
        points = sobol(space, length, seed=self.seed)
        fresh = points[first_occurrence(points) & ~is_among(points, seen)][:n]
        if len(fresh) == n:
            return fresh
        return draw_new(sobol, space, n, seed=self.seed, seen=seen)


def default_initial_points(space: Space) -> int:
    """The size of the Sobol start: two more than there are free columns.

    At least 5 and at most 20; in a finite space at most an eighth of its points, but at least 2.

    Small designs are better than large ones where evaluations are few, as the model's first choices are more
    informative than further design points (Bossek, Doerr and Kerschke, "Initial design strategies and their
    effects on sequential model-based optimization", GECCO 2020).
    """
    count = min(max(_FEWEST_INITIAL, space.dim - len(space.fixed_columns) + 2), _MOST_INITIAL)
    return count if space.size is None else min(count, max(2, space.size // _SHARE_OF_FINITE))


def design_points_left(
    n_initial: int | None, space: Space, goals: Goals, observations: Observations, n_pending: int
) -> int:
    """How many more points of the design come before the model decides; without limit while it cannot.

    The model waits for the results of half of the design, or, where many evaluations fail or run at once,
    until twice its size has been handed out; and for one result with every objective in any case.

    Args:
        n_initial: the size of the design; as `default_initial_points` says where it is None.
        space: where to look.
        goals: the objectives.
        observations: what is known.
        n_pending: points under evaluation.
    """
    n_initial = n_initial or default_initial_points(space)
    objectives = observations.Y[:, goals.objective_columns]
    measured = int((observations.complete & np.isfinite(objectives).all(axis=1)).sum())
    known = int((~observations.pending).sum()) + n_pending
    if measured == 0 or (measured < ceil(n_initial / 2) and known < 2 * n_initial):
        return _UNLIMITED
    return max(0, n_initial - known)


@dataclass(frozen=True)
class Start:
    """The part of a proposal that is still the initial design.

    Args:
        design: where the points come from.
        busy: p x d points under evaluation.
        points: k x d points of the design to be proposed.
        is_all: whether the model does not decide yet: the proposal ends with these points.
    """

    design: InitialDesign
    busy: np.ndarray
    points: np.ndarray
    is_all: bool

    @classmethod
    def of(
        cls,
        n_initial: int | None,
        space: Space,
        goals: Goals,
        observations: Observations,
        pending: np.ndarray,
        n: int,
        *,
        seed: int,
        state: State | None,
        known: Observations | None = None,
    ) -> Start:
        """Up to n points of the design; fewer where the model decides.

        Args:
            n_initial, space, goals: as in `design_points_left`.
            observations: what was evaluated; no point of it is proposed.
            pending: points under evaluation.
            n: how many points are asked for.
            seed, state: as in `InitialDesign.resume`.
            known: those of the observations that count; all of them when None.
        """
        busy = np.concatenate([pending, observations.X[observations.pending]])
        design = InitialDesign.resume(state, seed)
        counting = observations if known is None else known
        count = min(n, design_points_left(n_initial, space, goals, counting, len(busy)))
        points = np.empty((0, space.dim))
        if count:
            points = design.next_points(space, count, np.concatenate([observations.X, busy]))
        return cls(design, busy, points, count == n)

    @property
    def predictions(self) -> list[Prediction]:
        """One for each point."""
        return [Prediction(reason="initial design") for _ in self.points]


def draw_new(
    sampler: Callable[..., np.ndarray], space: Space, n: int, *, seed: int, seen: np.ndarray
) -> np.ndarray:
    """Up to n distinct points of a sampler of `augury.space.sampling` that are not among `seen`.

    Raises:
        ExhaustedError: the space has no other points.
    """
    points = sampler(space, n, seed=seed, avoid=seen)
    fresh = points[first_occurrence(points) & ~is_among(points, seen)]
    if len(fresh) == 0:
        raise exhausted(space)
    return fresh


def without_repeats(space: Space, points: np.ndarray, seen: np.ndarray | None, *, seed: int) -> np.ndarray:
    """The points (n x d) with each one that is among those before it or in `seen` replaced by a Sobol point.

    Where nothing promises to improve, a search may end at a known point; an evaluation there tells nothing.
    """
    known = np.empty((0, space.dim)) if seen is None else seen
    repeated = ~first_occurrence(points) | is_among(points, known)
    if not repeated.any():
        return points
    fresh = draw_new(sobol, space, int(repeated.sum()), seed=seed, seen=np.concatenate([known, points]))
    return np.concatenate([points[~repeated], fresh])


def exhausted(space: Space) -> ExhaustedError:
    """The error for a finite space without a point left."""
    if space.candidates is not None:
        return ExhaustedError(
            f"all {space.size} rows of the table have been evaluated or are pending; add candidates, or use "
            "BayesianOptimization(replicates=True) to measure rows again"
        )
    return ExhaustedError(
        "all points of the space have been evaluated or are pending; widen a parameter, or use "
        "BayesianOptimization(replicates=True) to measure points again"
    )


def first_occurrence(X: np.ndarray) -> np.ndarray:
    """Whether each row of X (N x d) differs from all rows before it: bool N."""
    if len(X) == 1:
        return np.ones(1, dtype=bool)
    first = np.zeros(len(X), dtype=bool)
    first[np.unique(X, axis=0, return_index=True)[1]] = True
    return first
