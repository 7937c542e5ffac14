"""The suite passes over every registered strategy, and each check can fail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from augury.space.goal import Minimize
from augury.space.goals import Goals
from augury.space.sampling import uniform
from augury.strategies import (
    STRATEGIES,
    BayesianOptimization,
    ExhaustedError,
    ParetoSetLearning,
    Prediction,
    RandomSearch,
    State,
    Strategy,
)
from augury.strategies.offline.strategy import OfflineOptimization
from augury.strategies.offline.translator import BridgeTranslator
from augury.testing import STRATEGY_CHECKS, check_strategy
from augury.testing.strategy_cases import fail, observe, spaces

FACTORIES = {name: STRATEGIES.load(name) for name in STRATEGIES.names() if name != "auto"}
FACTORIES["pareto-set-learning"] = lambda: ParetoSetLearning(steps=50, hidden=(16, 16), n_candidates=100)
FACTORIES["offline"] = lambda: OfflineOptimization(
    BridgeTranslator(epochs=3, ascent_steps=20, hidden=(32, 32), min_steps=8, n_steps=40)
)
FACTORIES["bayesian-optimization-at-once"] = lambda: BayesianOptimization(n_initial=1)


#: In spaces of designs alone, with one objective, these decide as Bayesian optimisation, by
#: `test_strategies_for_more_decide_as_bayesian_optimization_without_it`.
FOR_MORE = ["multi-fidelity", "environment", "pareto-set-learning"]
#: The checks that are not of that kind, or of what is refused.
THEIR_OWN = {"serves_or_refuses_several_objectives", "refuses_bad_requests", "copes_with_pending_points"}


def _cases():
    for check in STRATEGY_CHECKS:
        for name in FACTORIES:
            is_repeated = name in FOR_MORE and check.__name__ not in THEIR_OWN
            marks = [pytest.mark.slow] if is_repeated else []
            yield pytest.param(check, name, marks=marks, id=f"{check.__name__}-{name}")


@pytest.mark.parametrize(("check", "name"), list(_cases()))
def test_every_strategy_conforms(check, name):
    check(FACTORIES[name])


@pytest.mark.parametrize("name", FOR_MORE)
@pytest.mark.parametrize("space", [space for _, space in spaces()], ids=[name for name, _ in spaces()])
def test_strategies_for_more_decide_as_bayesian_optimization_without_it(name, space):
    state = None
    for count, failed in ((0, []), (9, []), (11, [0, 3])):
        known = observe(space, count)
        known = fail(known, np.isin(np.arange(count), failed))
        pending = uniform(space, 1, seed=9)
        request = (space, Goals.of(Minimize("loss")), known, pending, 2)
        ours, plain = (
            strategy.propose(*request, seed=count, state=state)
            for strategy in (FACTORIES[name](), BayesianOptimization())
        )
        np.testing.assert_array_equal(ours.points, plain.points)
        assert ours.predictions == plain.predictions
        state = plain.state


class _Faulty(Strategy):
    """Random search with a fault."""

    def __init__(self, fault):
        self.fault = fault

    def propose(self, space, goals, observations, pending, n, *, seed, state=None):
        return self.fault(
            RandomSearch().propose(space, goals, observations, pending, n, seed=seed),
            space,
            observations,
            seed,
        )


def _out_of_bounds(proposal, space, observations, seed):
    return replace(proposal, points=proposal.points + 1.5)


def _too_many(proposal, space, observations, seed):
    return replace(
        proposal, points=np.repeat(proposal.points, 2, axis=0), predictions=proposal.predictions * 2
    )


def _restriction_ignored(proposal, space, observations, seed):
    free = np.array([[0.5, 0.1, 0.1, 0.0, 0.0, 0.0]])
    return replace(proposal, points=free.repeat(len(proposal.points), 0)) if space.fixed_columns else proposal


def _unseeded(proposal, space, observations, seed):
    seed = int(np.random.randint(2**31))  # noqa: NPY002 - the fault
    fresh = uniform(space, len(proposal.points), seed=seed)
    return replace(proposal, points=fresh)


def _same_for_all_seeds(proposal, space, observations, seed):
    return replace(proposal, points=uniform(space, len(proposal.points), seed=0, avoid=observations.X))


def _one_point_always(proposal, space, observations, seed):
    return replace(proposal, points=uniform(space, 1, seed=0).repeat(len(proposal.points), 0))


def _failures_crash(proposal, space, observations, seed):
    if observations.failed.any():
        raise ZeroDivisionError("no complete rows")
    return proposal


def _not_json(proposal, space, observations, seed):
    prediction = Prediction({"loss": 1.0}, {"loss": -1.0}, "guess")
    return replace(proposal, predictions=[prediction for _ in proposal.points])


def _no_reason(proposal, space, observations, seed):
    return replace(proposal, predictions=[Prediction() for _ in proposal.points])


@pytest.mark.parametrize(
    ("fault", "caught_by"),
    [
        (_out_of_bounds, "proposes_valid_points"),
        (_too_many, "proposes_valid_points"),
        (_restriction_ignored, "respects_held_columns"),
        (_unseeded, "is_deterministic_under_a_seed"),
        (_unseeded, "leaves_global_random_state_alone"),
        (_same_for_all_seeds, "differs_between_seeds"),
        (_one_point_always, "batches_are_distinct"),
        (_one_point_always, "does_not_repeat_pending_points"),
        (_one_point_always, "exhausts_a_table"),
        (_one_point_always, "exhausts_a_finite_space"),
        (_one_point_always, "proposes_what_is_left"),
        (_failures_crash, "copes_with_failures"),
        (_not_json, "predictions_are_strict_json"),
        (_no_reason, "predictions_are_strict_json"),
    ],
)
def test_a_fault_is_caught(fault, caught_by):
    check = next(check for check in STRATEGY_CHECKS if check.__name__ == caught_by)
    with pytest.raises((AssertionError, ZeroDivisionError)):
        check(lambda: _Faulty(fault))


def test_a_strategy_that_needs_its_state_is_caught():
    class Amnesiac(Strategy):
        def propose(self, space, goals, observations, pending, n, *, seed, state=None):
            proposal = RandomSearch().propose(space, goals, observations, pending, n, seed=seed)
            if observations.n and state is not None and "count" not in state.data:
                raise KeyError("count")
            return replace(proposal, state=State(1, {"count": n}))

    check = next(check for check in STRATEGY_CHECKS if check.__name__ == "survives_the_loss_of_its_state")
    with pytest.raises(KeyError):
        check(Amnesiac)


def test_the_whole_suite_in_one_call():
    check_strategy(RandomSearch)
    with pytest.raises(AssertionError):
        check_strategy(lambda: _Faulty(_out_of_bounds))


def test_exhaustion_is_what_a_run_can_catch():
    from augury.testing.strategy_cases import observe, propose, table

    space = table(4)
    with pytest.raises(ExhaustedError, match="4 rows"):
        propose(RandomSearch(), space, observe(space, 4))
