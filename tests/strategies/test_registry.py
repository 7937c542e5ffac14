from __future__ import annotations

import pytest

from augury.errors import InvalidInputError
from augury.space import Goals, Space
from augury.strategies import (
    STRATEGIES,
    BayesianOptimization,
    Grid,
    SobolSearch,
    TrustRegion,
    build_strategy,
)
from augury.strategies.registry import MANY_COLUMNS
from augury.study import Study


def test_auto_is_bayesian_optimisation():
    assert isinstance(build_strategy("auto"), BayesianOptimization)
    few = Space({f"x{i}": (0.0, 1.0) for i in range(MANY_COLUMNS - 1)})
    assert isinstance(build_strategy("auto", space=few, goals=Goals.of("min:y")), BayesianOptimization)


def test_auto_is_a_trust_region_for_one_objective_of_many_inputs():
    many = Space({f"x{i}": (0.0, 1.0) for i in range(MANY_COLUMNS)})
    assert isinstance(build_strategy("auto", space=many, goals=Goals.of("min:y")), TrustRegion)
    several = Goals.of(["min:y", "max:z"])
    assert isinstance(build_strategy("auto", space=many, goals=several), BayesianOptimization)
    study = Study(many, "min:y", store=None)
    assert isinstance(study._parts.strategy, TrustRegion)


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_every_name_builds(name):
    assert isinstance(build_strategy(name), STRATEGIES.load(name))


def test_a_class_is_built_and_an_object_is_kept():
    grid = Grid(levels=3)
    assert build_strategy(grid) is grid
    assert isinstance(build_strategy(SobolSearch), SobolSearch)


def test_model_and_acquisition_reach_the_strategy():
    strategy = build_strategy("auto", model="gp", acquisition="ucb")
    assert isinstance(strategy, BayesianOptimization)
    assert (strategy.model, strategy.acquisition) == ("gp", "ucb")


@pytest.mark.parametrize("given", [{"model": "gp"}, {"acquisition": "log-ei"}])
def test_an_object_takes_no_model_or_acquisition(given):
    with pytest.raises(InvalidInputError, match=next(iter(given))):
        build_strategy(SobolSearch(), **given)


@pytest.mark.parametrize("given", [{"model": "gp"}, {"acquisition": "log-ei"}])
def test_a_strategy_without_a_model_refuses_one(given):
    with pytest.raises(InvalidInputError, match="RandomSearch uses no " + next(iter(given))):
        build_strategy("random", **given)


@pytest.mark.parametrize("wrong", ["annealing", 3, None, dict])
def test_what_is_no_strategy_is_refused(wrong):
    with pytest.raises(InvalidInputError, match="strategy"):
        build_strategy(wrong)
