from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from augury.space.space import Space
from augury.strategies import SobolSearch
from augury.testing.strategy_cases import continuous_space, mixed_space, observe, propose, table


def _one_at_a_time(space, count, *, forget=False):
    """`count` points, each proposed with a seed of its own while the earlier ones are pending."""
    from augury.space.goals import Goals

    pending, state = np.empty((0, space.dim)), None
    for seed in range(count):
        proposal = SobolSearch().propose(
            space, Goals.of("min:loss"), observe(space, 0), pending, 1, seed=seed, state=state
        )
        state = None if forget else proposal.state
        pending = np.concatenate([pending, proposal.points])
    return pending


@pytest.mark.parametrize(
    "space", [continuous_space(), mixed_space(), table(40)], ids=["cube", "mixed", "table"]
)
def test_points_asked_one_at_a_time_are_one_sequence(space):
    at_once = propose(SobolSearch(), space, observe(space, 0), n=16, seed=0).points
    np.testing.assert_array_equal(_one_at_a_time(space, 16), at_once)


def test_the_sequence_is_stratified():
    points = _one_at_a_time(continuous_space(), 16)
    for column in points.T:
        assert sorted(np.floor(column * 16).astype(int)) == list(range(16))


def test_it_fills_better_than_independent_points():
    ours = qmc.discrepancy(_one_at_a_time(continuous_space(), 32))
    random = [qmc.discrepancy(np.random.default_rng(seed).random((32, 2))) for seed in range(20)]
    assert ours < min(random)


def test_a_lost_state_repeats_nothing():
    space = Space({"n": (1, 4), "c": ["a", "b", "c"]})
    assert len(np.unique(_one_at_a_time(space, 12, forget=True), axis=0)) == 12
