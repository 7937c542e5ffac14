"""Checks of what a strategy proposes: valid, reproducible, distinct points, and states that may be lost."""

from __future__ import annotations

import json
import random

import numpy as np

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.goal import Constraint, Maximize, Minimize
from augury.space.goals import Goals
from augury.space.sampling import uniform
from augury.space.space import Space
from augury.strategies.base import Prediction
from augury.strategies.state import State
from augury.testing.strategy_cases import (
    StrategyFactory,
    continuous_space,
    distinct,
    mixed_space,
    observe,
    propose,
    require,
    require_exhausts,
    require_valid,
    spaces,
    table,
)


def proposes_valid_points(factory: StrategyFactory) -> None:
    """Points are in bounds, on levels and codes, feasible, rows of the table, and as many as asked for."""
    for name, space in spaces():
        for count in (0, 8):
            for n in (1, 3):
                proposal = propose(factory(), space, observe(space, count), n=n)
                require_valid(proposal, space, n, f"in the {name} space with {count} observations")


def respects_held_columns(factory: StrategyFactory) -> None:
    """Columns held by `Space.restrict` keep their value in every point."""
    whole = mixed_space()
    for fixed in ({"solvent": "DMAc"}, {"rate": 0.01, "count": 3}):
        space = whole.restrict(fixed)
        for count in (0, 8):
            proposal = propose(factory(), space, observe(whole, count), n=2)
            require_valid(proposal, space, 2, f"with {fixed} held")
            for params in space.decode(proposal.points):
                for name, value in fixed.items():
                    same = params[name] == value or np.isclose(params[name], value)
                    require(bool(same), f"{name} is held at {value} but a point has {params[name]}")


def is_deterministic_under_a_seed(factory: StrategyFactory) -> None:
    """The same question with the same seed has the same answer."""
    for name, space in spaces():
        for count in (0, 8):
            first, second = (propose(factory(), space, observe(space, count), n=2) for _ in range(2))
            require(
                np.array_equal(first.points, second.points),
                f"two proposals from the same seed differ in the {name} space with {count} observations",
            )


def differs_between_seeds(factory: StrategyFactory) -> None:
    """The first point of a study depends on its seed."""
    space = continuous_space()
    points = [propose(factory(), space, observe(space, 0), seed=seed).points for seed in range(6)]
    require(len(np.unique(np.concatenate(points), axis=0)) > 1, "six seeds gave the same first point")


def leaves_global_random_state_alone(factory: StrategyFactory) -> None:
    """Neither random, numpy.random nor torch's global generator moves."""
    import torch

    space = mixed_space()
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    for count in (0, 8):
        propose(factory(), space, observe(space, count), n=2)
    after = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    require(before[0] == after[0], "the state of `random` was changed")
    require(str(before[1]) == str(after[1]), "the global state of numpy.random was changed")
    require(torch.equal(before[2], after[2]), "the global state of torch's generator was changed")


def leaves_its_arguments_alone(factory: StrategyFactory) -> None:
    """Observations and pending points are only read."""
    space = mixed_space()
    observed, pending = observe(space, 8), uniform(space, 2, seed=7)
    copies = observed.X.copy(), observed.Y.copy(), pending.copy()
    propose(factory(), space, observed, pending, n=2)
    for now, copy in zip((observed.X, observed.Y, pending), copies, strict=True):
        require(np.array_equal(now, copy, equal_nan=True), "an array that was handed in was changed")


def copes_with_pending_points(factory: StrategyFactory) -> None:
    """Points under evaluation may be many, and may come before any result."""
    for name, space in spaces():
        for count in (0, 6):
            pending = uniform(space, 3, seed=11)
            proposal = propose(factory(), space, observe(space, count), pending, n=2)
            require_valid(proposal, space, 2, f"with pending points, {name} space")


def does_not_repeat_pending_points(factory: StrategyFactory) -> None:
    """Asked one at a time without results, a strategy does not propose the same point twice."""
    for name, space in spaces():
        for count in (0, 6):
            observed, pending = observe(space, count), np.empty((0, space.dim))
            for seed in range(4):
                point = propose(factory(), space, observed, pending, seed=seed).points
                require(distinct(pending, point), f"a pending point was proposed again in the {name} space")
                pending = np.concatenate([pending, point])


def batches_are_distinct(factory: StrategyFactory) -> None:
    """The points of one proposal differ from each other."""
    for name, space in spaces():
        for count in (0, 8):
            points = propose(factory(), space, observe(space, count), n=4).points
            require(distinct(points), f"a point is repeated within a batch in the {name} space")


def exhausts_a_table(factory: StrategyFactory) -> None:
    """Every row of a table is proposed once, then InvalidInputError is raised."""
    require_exhausts(factory, table(10))


def exhausts_a_finite_space(factory: StrategyFactory) -> None:
    """Every point of a small discrete space is proposed once, then InvalidInputError is raised."""
    require_exhausts(factory, Space({"colour": ["red", "green", "blue"], "n": (1, 3)}))


def proposes_what_is_left(factory: StrategyFactory) -> None:
    """Asked for more points than a table has left, a strategy proposes those that are left."""
    space = table(10)
    observed = observe(space, 8)
    proposal = propose(factory(), space, observed, n=5)
    require(len(proposal.points) == 2, f"2 rows are left, but {len(proposal.points)} were proposed")
    require(distinct(observed.X, proposal.points), "a row of the table was proposed again")


def survives_the_loss_of_its_state(factory: StrategyFactory) -> None:
    """A proposal is valid with the state of the last one, with none, and with another's or an older one."""
    space = mixed_space()
    goals = Goals.of(Minimize("loss"))
    foreign = State(version=-1, data={"design": "none"})
    for count in (0, 8):
        observed = observe(space, count)
        state = propose(factory(), space, observed).state
        kept = None if state is None else State.from_bytes(state.to_bytes())
        require((state is None) == (kept is None), "the state does not survive to_bytes and from_bytes")
        for remembered in (kept, None, foreign):
            for later in (observed, observe(space, 12)):
                pending = np.empty((0, space.dim))
                proposal = factory().propose(space, goals, later, pending, 2, seed=3, state=remembered)
                require_valid(proposal, space, 2, f"from state {remembered}")


def state_survives_storage(factory: StrategyFactory) -> None:
    """The proposal from a stored state is the one from the state itself."""
    space = continuous_space()
    goals, pending = Goals.of(Minimize("loss")), np.empty((0, space.dim))
    for count in (0, 8):
        observed = observe(space, count)
        state = propose(factory(), space, observed).state
        stored = None if state is None else State.from_bytes(state.to_bytes())
        later = observe(space, count + 1)
        direct, reread = (
            factory().propose(space, goals, later, pending, 2, seed=3, state=s).points
            for s in (state, stored)
        )
        require(np.array_equal(direct, reread), "a stored state gives another proposal than the state itself")


def serves_or_refuses_several_objectives(factory: StrategyFactory) -> None:
    """Several objectives are served, or refused with NotSupportedError."""
    space = continuous_space()
    goals = Goals.of([Minimize("loss"), Maximize("yield")])
    for count in (0, 8):
        try:
            proposal = propose(factory(), space, observe(space, count, outcomes=2), n=2, goals=goals)
        except NotSupportedError:
            continue
        require_valid(proposal, space, 2, "with two objectives")


def predictions_are_strict_json(factory: StrategyFactory) -> None:
    """Each prediction names a reason and known outcomes, and is the same after JSON."""
    space = mixed_space()
    goals = Goals.of([Minimize("loss"), Constraint("pressure", upper=0.5)])
    for count in (0, 8):
        proposal = propose(factory(), space, observe(space, count, outcomes=2), n=2, goals=goals)
        for prediction in proposal.predictions:
            require(bool(prediction.reason), "a prediction gives no reason")
            require(set(prediction.mean) <= {"loss", "pressure"}, "a prediction of an unknown outcome")
            require(set(prediction.mean) == set(prediction.std), "a mean without a standard deviation")
            require(all(std >= 0 for std in prediction.std.values()), "a negative standard deviation")
            text = json.dumps(prediction.to_dict(), allow_nan=False)
            require(Prediction.from_dict(json.loads(text)) == prediction, "JSON changes a prediction")


def refuses_bad_requests(factory: StrategyFactory) -> None:
    """Fewer than one point, and points of another dimension, are refused with InvalidInputError."""
    space = continuous_space()
    other = observe(mixed_space(), 4)
    for observed, n in ((observe(space, 4), 0), (observe(space, 4), -1), (other, 1)):
        try:
            propose(factory(), space, observed, n=n)
        except InvalidInputError:
            continue
        raise AssertionError(f"a request for {n} points from observations {observed.X.shape} was accepted")
