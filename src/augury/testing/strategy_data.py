"""Checks that a strategy takes whatever data a study holds: few rows, failures, gaps, noise, extremes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from augury.space.goal import Constraint, Maximize, Minimize
from augury.space.goals import Goals
from augury.testing.strategy_cases import (
    StrategyFactory,
    continuous_space,
    fail,
    observe,
    propose,
    require_valid,
    spaces,
)


def copes_with_one_observation(factory: StrategyFactory) -> None:
    """One row is no reason to fail."""
    for name, space in spaces():
        require_valid(propose(factory(), space, observe(space, 1)), space, 1, f"one row, {name} space")


def copes_with_duplicates(factory: StrategyFactory) -> None:
    """Replicates, equal or not in their result, are ordinary data."""
    space = continuous_space()
    observed = observe(space, 6)
    doubled = observed.rows(np.array([0, 0, 0, 0, 1, 1, 2, 3, 4, 5]))
    noisy = replace(doubled, Y=doubled.Y + np.arange(10.0)[:, None])
    for case in (doubled, noisy, observed.rows(np.zeros(8, dtype=int))):
        require_valid(propose(factory(), space, case, n=2), space, 2, "with duplicated rows")


def copes_with_constant_outcomes(factory: StrategyFactory) -> None:
    """A function that has always returned the same number is no reason to fail."""
    for name, space in spaces():
        for level in (0.0, 3.0, 1e12):
            observed = observe(space, 8)
            flat = replace(observed, Y=np.full_like(observed.Y, level))
            require_valid(propose(factory(), space, flat, n=2), space, 2, f"constant, {name} space")


def copes_with_extreme_outcomes(factory: StrategyFactory) -> None:
    """Outcomes of any magnitude, or with an outlier, are ordinary data."""
    space = continuous_space()
    observed = observe(space, 8)
    outlier = observed.Y.copy()
    outlier[3] = 1e8
    for Y in (observed.Y * 1e-12, observed.Y * 1e12, observed.Y + 1e9, outlier):
        require_valid(propose(factory(), space, replace(observed, Y=Y), n=2), space, 2, "extreme outcomes")


def copes_with_failures(factory: StrategyFactory) -> None:
    """Some or all evaluations may have failed."""
    for name, space in spaces():
        for failed in (np.arange(8) < 3, np.arange(8) < 7, np.ones(8, dtype=bool)):
            observed = fail(observe(space, 8), failed)
            where = f"{failed.sum()} of 8 failed, {name} space"
            require_valid(propose(factory(), space, observed, n=2), space, 2, where)


def copes_with_missing_outcomes(factory: StrategyFactory) -> None:
    """An outcome may be missing in some rows, or in all of them."""
    space = continuous_space()
    goals = Goals.of([Minimize("loss"), Constraint("pressure", upper=0.5)])
    for missing in ([0, 2], range(8)):
        for column in (0, 1):
            observed = observe(space, 8, outcomes=2)
            Y = observed.Y.copy()
            Y[list(missing), column] = np.nan
            proposal = propose(factory(), space, replace(observed, Y=Y), n=2, goals=goals)
            require_valid(proposal, space, 2, f"outcome {column} missing in {len(missing)} of 8 rows")


def copes_with_infeasible_outcomes(factory: StrategyFactory) -> None:
    """No observation may satisfy the outcome constraints yet."""
    space = continuous_space()
    goals = Goals.of(
        [Maximize("yield"), Constraint("pressure", upper=-100.0), Constraint("purity", lower=1e3)]
    )
    observed = observe(space, 8, outcomes=3)
    require_valid(propose(factory(), space, observed, n=2, goals=goals), space, 2, "nothing is feasible")


def copes_with_known_noise(factory: StrategyFactory) -> None:
    """The variance of the measurements may be known in all rows, in some, or be zero."""
    space = continuous_space()
    observed = observe(space, 8)
    partly = np.full_like(observed.Y, 0.01)
    partly[:3] = np.nan
    for Yvar in (np.full_like(observed.Y, 0.01), np.zeros_like(observed.Y), partly):
        proposal = propose(factory(), space, replace(observed, Yvar=Yvar), n=2)
        require_valid(proposal, space, 2, "with known noise")
