"""The conformance suite of strategies: what a Study relies on, as small named checks.

    @pytest.mark.parametrize("check", augury.testing.STRATEGY_CHECKS, ids=lambda check: check.__name__)
    def test_my_strategy_conforms(check):
        check(MyStrategy)

Each check takes a factory (a Strategy class, or any callable without arguments that returns a new strategy)
and raises AssertionError with one sentence about what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from augury.testing import strategy_data, strategy_proposals
from augury.testing.strategy_cases import StrategyFactory

StrategyCheck = Callable[[StrategyFactory], None]

STRATEGY_CHECKS: tuple[StrategyCheck, ...] = (
    strategy_proposals.proposes_valid_points,
    strategy_proposals.respects_held_columns,
    strategy_proposals.is_deterministic_under_a_seed,
    strategy_proposals.differs_between_seeds,
    strategy_proposals.leaves_global_random_state_alone,
    strategy_proposals.leaves_its_arguments_alone,
    strategy_proposals.copes_with_pending_points,
    strategy_proposals.does_not_repeat_pending_points,
    strategy_proposals.batches_are_distinct,
    strategy_proposals.exhausts_a_table,
    strategy_proposals.exhausts_a_finite_space,
    strategy_proposals.proposes_what_is_left,
    strategy_proposals.survives_the_loss_of_its_state,
    strategy_proposals.state_survives_storage,
    strategy_proposals.serves_or_refuses_several_objectives,
    strategy_proposals.predictions_are_strict_json,
    strategy_proposals.refuses_bad_requests,
    strategy_data.copes_with_one_observation,
    strategy_data.copes_with_duplicates,
    strategy_data.copes_with_constant_outcomes,
    strategy_data.copes_with_extreme_outcomes,
    strategy_data.copes_with_failures,
    strategy_data.copes_with_missing_outcomes,
    strategy_data.copes_with_infeasible_outcomes,
    strategy_data.copes_with_known_noise,
)


def check_strategy(factory: StrategyFactory) -> None:
    """Run every check of `STRATEGY_CHECKS` over one strategy.

    Args:
        factory: returns a new strategy; a Strategy class will do.

    Raises:
        AssertionError: the strategy breaks a rule; the message says which.
    """
    for check in STRATEGY_CHECKS:
        check(factory)
