"""Costs that were measured, in place of those declared."""

from __future__ import annotations

import numpy as np
import pytest

from augury.space import Categorical, Float, Space
from augury.space.measured_costs import with_measured_costs
from augury.space.observations import Observations


def space_of(**options):
    mesh = Categorical(["coarse", "middle", "fine"], **{"role": "fidelity", "cost": [1, 4, 10], **options})
    return Space({"x": Float(0.0, 1.0), "mesh": mesh})


def rows(space, *pairs):
    X = space.encode([{"x": 0.5, "mesh": mesh} for mesh, _ in pairs])
    nothing = np.full((len(X), 1), np.nan)
    cost = np.array([cost for _, cost in pairs], dtype=float)
    return Observations(X, np.zeros_like(nothing), nothing, cost, np.array(["complete"] * len(X)))


def test_measured_costs_stand_for_the_declared_ones():
    space = space_of()
    found = with_measured_costs(
        space, rows(space, ("coarse", 3.0), ("coarse", 5.0), ("fine", 12.0), ("fine", np.nan))
    )
    # of the middle one nothing is known: 4, in the unit of the others, which are 3, 5 and 1.2 as much
    np.testing.assert_allclose(found.fidelity.level_costs(), [4.0, 12.0, 12.0])
    np.testing.assert_allclose(space.fidelity.level_costs(), [1.0, 4.0, 10.0])
    assert found.fidelity.target_cost == 12.0


@pytest.mark.parametrize("cost", [np.nan, 0.0])
def test_nothing_measured_changes_nothing(cost):
    space = space_of()
    assert with_measured_costs(space, rows(space, ("coarse", cost))) is space


def test_a_space_of_one_version_is_left_alone():
    space = Space({"x": Float(0.0, 1.0), "mesh": Categorical(["coarse", "fine"])})
    assert with_measured_costs(space, rows(space, ("coarse", 2.0))) is space


def test_tasks_get_costs_too():
    space = space_of(role="task", cost=None)
    found = with_measured_costs(space, rows(space, ("coarse", 2.0), ("fine", 8.0)))
    np.testing.assert_allclose(found.fidelity.level_costs(), [2.0, 5.0, 8.0])
