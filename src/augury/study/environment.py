"""What a study in a random environment has come to: a design and its risk, not a single evaluation."""

from __future__ import annotations

from typing import Any

from augury.space.environment import Environment
from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.space.space import Space
from augury.study.recommendation import Recommendation


def is_random(space: Space) -> bool:
    """Whether parameters of the space are random in use."""
    return any(parameter.role == "environment" for parameter in space.parameters.values())


def recommend_in_environment(
    rule: str, model: Any, space: Space, goals: Goals, observations: Observations, seed: int
) -> Recommendation | None:
    """The design to use, without the environment, and its risk; see `recommend_design`."""
    from augury.strategies.environment.recommendation import recommend_design

    environment = Environment.of(space)
    assert environment is not None
    found = recommend_design(rule, model, space, goals, observations, seed=seed)
    if found is None:
        return None
    point, mean, std = found
    name = goals.outcomes[0]
    params = environment.without(space.decode(point[None])[0])
    return Recommendation(params, {name: mean}, {name: std}, rule)
