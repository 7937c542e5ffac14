from __future__ import annotations

import pytest

from augury.errors import InvalidInputError
from augury.strategies import STRATEGIES, BayesianOptimization, Grid, SobolSearch, build_strategy


def test_auto_is_bayesian_optimisation():
    assert isinstance(build_strategy("auto"), BayesianOptimization)


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
