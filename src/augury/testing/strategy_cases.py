"""The spaces, data and assertions that the strategy checks share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from augury.errors import InvalidInputError
from augury.space.goal import Minimize
from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.space.parameters import Categorical, Float, Int
from augury.space.sampling import uniform
from augury.space.space import Space
from augury.strategies.base import Proposal, Strategy

StrategyFactory = Callable[[], Strategy]


def continuous_space() -> Space:
    """Two bounded reals."""
    return Space({"x": (-5.0, 10.0), "y": (0.0, 15.0)})


def mixed_space() -> Space:
    """A real on a log scale, two that share a budget, an integer, an ordered and an unordered category."""
    return Space(
        {
            "rate": Float(1e-4, 1.0, log=True),
            "a": (0.0, 1.0),
            "b": (0.0, 1.0),
            "count": (1, 5),
            "grade": Categorical(["low", "middle", "high"], ordered=True),
            "solvent": ["DMF", "DMAc", "THF"],
        },
        constraints=["a + b <= 1"],
    )


def conditional_space() -> Space:
    """A choice that decides which of a real and an integer exist, and a real beside them."""
    return Space(
        {
            "method": ["simple", "heated", "stirred"],
            "heat": Float(1.0, 100.0, log=True, active_if={"method": ["heated"]}),
            "speed": Int(1, 9, active_if={"method": ["stirred"]}),
            "x": (0.0, 1.0),
        }
    )


def table(n: int) -> Space:
    """A table of n candidates with a number and a category."""
    import pandas as pd

    solvents = ("DMF", "DMAc", "THF")
    return Space.from_table(
        pd.DataFrame({"t": np.linspace(20.0, 80.0, n), "solvent": [solvents[i % 3] for i in range(n)]})
    )


def spaces() -> list[tuple[str, Space]]:
    """One space of each kind, with its name for messages."""
    categorical = Space({"a": ["r", "g", "b"], "b": ["u", "v", "w", "z"], "c": ["p", "q"]})
    return [
        ("continuous", continuous_space()),
        ("mixed", mixed_space()),
        ("conditional", conditional_space()),
        ("categorical", categorical),
        ("table", table(24)),
    ]


def observe(space: Space, count: int, *, outcomes: int = 1) -> Observations:
    """`count` complete evaluations of a smooth function at distinct random points; fresh arrays each time."""
    if count == 0:
        return Observations.empty(space.dim, outcomes)
    X = np.array(uniform(space, count, seed=5))
    slopes = np.linspace(0.5, 2.0, space.dim * outcomes).reshape(space.dim, outcomes)
    return Observations(
        X=X,
        Y=np.sin(2.0 * X @ slopes),
        Yvar=np.full((count, outcomes), np.nan),
        cost=np.full(count, np.nan),
        status=np.full(count, "complete"),
    )


def fail(observations: Observations, failed: np.ndarray) -> Observations:
    """The same observations with the rows `failed` (bool n) marked as failed, without a result."""
    return replace(
        observations,
        Y=np.where(failed[:, None], np.nan, observations.Y),
        status=np.where(failed, "failed", observations.status),
    )


def propose(
    strategy: Strategy,
    space: Space,
    observations: Observations,
    pending: np.ndarray | None = None,
    *,
    n: int = 1,
    seed: int = 0,
    goals: Goals | None = None,
) -> Proposal:
    """A proposal, by default for the minimum of one outcome and without pending points."""
    return strategy.propose(
        space,
        Goals.of(Minimize("loss")) if goals is None else goals,
        observations,
        np.empty((0, space.dim)) if pending is None else pending,
        n,
        seed=seed,
    )


def require(condition: bool, message: str) -> None:
    """`assert` that `python -O` keeps."""
    if not condition:
        raise AssertionError(message)


def distinct(*points: np.ndarray) -> bool:
    """Whether all rows of all arrays differ."""
    X = np.concatenate(points).round(9)
    return len(np.unique(X, axis=0)) == len(X)


def require_valid(proposal: Proposal, space: Space, n: int, where: str) -> None:
    """The proposal has n points that the space accepts, each with a prediction."""
    X = proposal.points
    require(X.shape == (n, space.dim), f"points have shape {X.shape}, not {(n, space.dim)}: {where}")
    require(bool(np.isfinite(X).all()), f"a point is not finite: {where}")
    require(np.allclose(space.snap(X), X, atol=1e-9), f"a point is off its levels, codes or bounds: {where}")
    require(bool(space.feasible(X).all()), f"a point violates a constraint of the space: {where}")
    for column, value in space.fixed_columns.items():
        require(np.allclose(X[:, column], value), f"column {column} left the value it is held at: {where}")
    for params in space.decode(X):
        space.validate(params)
    require(
        len(proposal.predictions) == n, f"{len(proposal.predictions)} predictions for {n} points: {where}"
    )


def require_exhausts(factory: StrategyFactory, space: Space) -> None:
    """All points of a finite space are proposed once each, one at a time, and then none."""
    observed = observe(space, 0)
    for seed in range(space.size or 0):
        point = propose(factory(), space, observed, seed=seed).points
        require(distinct(observed.X, point), f"a point is proposed twice before all {space.size} were")
        X = np.concatenate([observed.X, point])
        observed = replace(observe(space, len(X)), X=X, Y=np.sin(3.0 * X.sum(axis=1, keepdims=True)))
    try:
        propose(factory(), space, observed)
    except InvalidInputError:
        return
    raise AssertionError(f"all {space.size} points are evaluated, and yet another was proposed")
