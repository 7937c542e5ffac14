"""Every problem: its function answers over its whole space, and nothing is better than its optimum."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError
from augury.problems import SIMULATED, Problem, load_problem, problem_names, synthetic
from augury.problems.network_draw import NetworkDraw
from augury.space.sampling import uniform

SLOW = ("brusselator", "distillation-2390", "support-vectors")


@pytest.fixture(params=problem_names(), scope="module")
def problem(request: pytest.FixtureRequest) -> Problem:
    return load_problem(request.param)


def test_the_suite_is_broad() -> None:
    assert len(problem_names()) >= 30


def test_values_are_finite_and_never_better_than_the_optimum(problem: Problem) -> None:
    count = 3 if problem.name in SLOW else 64
    points = problem.space.decode(uniform(problem.space, count, seed=0))
    values = [problem.function(params) for params in points]
    assert np.isfinite(values).all()
    # BoTorch gives its optima to about six digits
    slack = 1e-5 * max(1.0, abs(problem.optimum))
    assert min(problem.regret(value) for value in values) >= -slack


def test_function_is_without_noise(problem: Problem) -> None:
    (params,) = problem.space.decode(uniform(problem.space, 1, seed=1))
    assert problem.function(params) == problem.function(params)


OPTIMISERS = {
    "branin": {"x1": np.pi, "x2": 2.275},
    "six-hump-camel": {"x1": 0.0898, "x2": -0.7126},
    "beale": {"x1": 3.0, "x2": 0.5},
    "ackley-20": {f"x{i + 1}": 0.0 for i in range(20)},
    "levy-10": {f"x{i + 1}": 1.0 for i in range(10)},
    "rosenbrock-10": {f"x{i + 1}": 1.0 for i in range(10)},
    "cosine-8": {f"x{i + 1}": 0.0 for i in range(8)},
    "interferometer": {f"x{i + 1}": 0.0 for i in range(4)},
    "mixed-branin": {"x1": np.pi, "x2": 2.275, "category": "green"},
    "mixed-ackley": {"x1": 0.0, "x2": 0.0, "x3": 0.0, "n1": 0, "n2": 0, "category": "c"},
    "mixed-rosenbrock": {"x1": 1.0, "x2": 1.0, "n": 1, "category": "r"},
    "mixed-quadratic": {"x1": 0.3, "x2": 0.3, "n": 7, "solvent": "ethanol", "salt": "NaBr"},
    "func-2c": {"c1": "1", "c2": "1", "x1": 0.0449, "x2": -0.3563},
    "func-3c": {"c1": "1", "c2": "1", "c3": "0", "x1": -0.0449, "x2": 0.3563},
    "ackley-5c": {**{f"c{i}": "level-8" for i in range(1, 6)}, "x": 0.0},
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_the_optimum_is_reached_where_the_literature_says(name: str) -> None:
    problem = load_problem(name)
    value = problem.function(problem.space.validate(OPTIMISERS[name]))
    assert value == pytest.approx(problem.optimum, abs=1e-4)


def test_gradient_ascent_comes_close_to_the_best_known_network_draw_and_not_beyond() -> None:
    function, best = NetworkDraw(100, 0), load_problem("network-draw-100").optimum
    X = torch.rand(64, 100, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for _ in range(150):
        X.requires_grad_(True)
        (gradient,) = torch.autograd.grad(function(X).sum(), X)
        X = (X + 0.02 * gradient.sign()).detach().clamp(0.0, 1.0)
    reached = float(function(X).max())
    assert 0.7 * best < reached <= best


def test_the_simulated_problems_are_among_all() -> None:
    assert set(SIMULATED) <= set(problem_names())


def test_tables_reach_their_optimum_in_one_of_their_rows() -> None:
    problem = load_problem("suzuki-1")
    assert problem.space.candidates is not None
    values = [problem.function(params) for params in problem.space.decode(problem.space.candidates)]
    assert max(values) == problem.optimum


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="choose one of branin"):
        load_problem("nothing")
    with pytest.raises(InvalidInputError, match="no synthetic test function 'Nothing'"):
        synthetic("p", "Nothing")
