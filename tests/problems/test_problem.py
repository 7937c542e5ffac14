"""Regret and noise of a problem."""

from __future__ import annotations

import numpy as np
import pytest

from augury.problems import Problem
from augury.space.goal import Maximize, Minimize
from augury.space.goals import Goals
from augury.space.space import Space


@pytest.mark.parametrize(("goal", "worse"), [(Minimize("y"), 3.0), (Maximize("y"), 1.0)])
def test_regret_is_the_distance_from_the_optimum_on_the_worse_side(
    goal: Minimize | Maximize, worse: float
) -> None:
    problem = Problem("p", Space({"x": (0.0, 1.0)}), Goals.of(goal), lambda params: params["x"], 2.0)
    assert problem.regret(2.0) == 0.0
    assert problem.regret(worse) == 1.0


def test_observations_are_the_function_plus_noise_of_the_given_size() -> None:
    space, goals = Space({"x": (0.0, 1.0)}), Goals.of(Minimize("y"))
    clean = Problem("p", space, goals, lambda params: params["x"], 0.0)
    noisy = Problem("p", space, goals, lambda params: params["x"], 0.0, noise=0.5)
    assert clean.observe({"x": 0.25}, np.random.default_rng(0)) == 0.25
    generator = np.random.default_rng(0)
    draws = np.array([noisy.observe({"x": 0.25}, generator) for _ in range(4000)])
    assert abs(draws.mean() - 0.25) < 5 * 0.5 / np.sqrt(4000)
    assert abs(draws.std() - 0.5) < 0.03
