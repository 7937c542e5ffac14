"""The rover's reward against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from augury.errors import InvalidInputError
from augury.problems import load_problem
from augury.problems.rover import RoverTrajectory

DIAGONAL = np.linspace(0.05, 0.95, 30).repeat(2)


def test_a_straight_path_without_obstacles_costs_its_length() -> None:
    free = RoverTrajectory(centres=np.empty((0, 2)))
    assert free(DIAGONAL) == pytest.approx(5.0 - 0.05 * 0.9 * np.sqrt(2.0), abs=1e-6)


def test_an_obstacle_costs_twenty_per_length() -> None:
    one = RoverTrajectory(centres=np.array([[0.5, 0.5]]))
    free = RoverTrajectory(centres=np.empty((0, 2)))
    assert free(DIAGONAL) - one(DIAGONAL) == pytest.approx(20.0 * 0.05 * np.sqrt(2.0), rel=0.03)


def test_missed_ends_and_paths_outside_cost() -> None:
    free = RoverTrajectory(centres=np.empty((0, 2)))
    short = np.linspace(0.15, 0.95, 30).repeat(2)
    assert free(short) == pytest.approx(5.0 - 0.05 * 0.8 * np.sqrt(2.0) - 10.0 * 0.2, abs=1e-6)
    outside = np.column_stack([np.linspace(0.05, 0.95, 30), np.full(30, -0.05)]).ravel()
    assert free(outside) == pytest.approx(5.0 - 20.05 * 0.9 - 10.0 * (0.1 + 1.0), abs=1e-6)


def test_equal_points_have_a_reward_too() -> None:
    assert np.isfinite(RoverTrajectory()(np.full(60, 0.5)))


def test_neither_start_nor_goal_is_covered() -> None:
    rover = RoverTrajectory()
    assert rover.centres.shape == (112, 2)
    for end in (rover.start, rover.goal):
        assert np.abs(rover.centres - end).max(axis=1).min() > 0.025


@pytest.mark.parametrize("dim", [7, 6, 0])
def test_other_dimensions_are_refused(dim) -> None:
    with pytest.raises(InvalidInputError, match="even"):
        RoverTrajectory(dim)


def test_six_inputs_of_a_hundred_matter() -> None:
    problem = load_problem("hartmann-6-in-100")
    rng = np.random.default_rng(0)
    params = dict(zip(problem.space.names, rng.random(100).tolist(), strict=True))
    value = problem.function(params)
    matter = [name for name in params if problem.function({**params, name: 1.0 - params[name]}) != value]
    assert len(matter) == 6
