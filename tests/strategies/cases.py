"""Whole studies of functions on encoded points, without a store."""

from __future__ import annotations

import numpy as np

from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.strategies import State


def run(strategy, space, function, budget, *, goals="min:y", seed=0, batch=1):
    """A whole study of a function that maps encoded points (n x d) to outcomes (n x m), NaN = failed."""
    goals = Goals.of(goals)
    nothing = np.empty((0, space.dim))
    X, Y, state = nothing, np.empty((0, goals.n_outcomes)), None
    while len(X) < budget:
        proposal = strategy.propose(
            space, goals, table_of(X, Y), nothing, batch, seed=1000 * seed + len(X), state=state
        )
        state = None if proposal.state is None else State.from_bytes(proposal.state.to_bytes())
        X = np.concatenate([X, proposal.points])
        Y = np.concatenate([Y, function(proposal.points)])
    return table_of(X, Y)


def table_of(X, Y, Yvar=None):
    failed = np.isnan(Y).all(axis=1)
    return Observations(
        X=X,
        Y=Y,
        Yvar=np.full_like(Y, np.nan) if Yvar is None else Yvar,
        cost=np.full(len(X), np.nan),
        status=np.where(failed, "failed", "complete"),
    )
