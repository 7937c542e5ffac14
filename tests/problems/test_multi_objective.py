"""Problems of several objectives: oil sorbent against its published surfaces, and BoTorch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError
from augury.problems import MULTI_OBJECTIVE_PROBLEMS, load_multi_objective_problem
from augury.problems.multi_objective import botorch_multi_objective
from augury.problems.oil_sorbent import OilSorbent
from augury.space.pareto import hypervolume
from augury.space.sampling import uniform

# Levels -> the three outcomes by the published code.
OIL = {
    (0.25, 0, 4, 2, 0.75, 3, 1): (-143.9476488, -235.4196201, 4.909683616),
    (1.0, 4, 0, 1, 0.0, 0, 3): (-139.1510482, 31.31790153, -10.15773878),
    (0.5, 2, 2, 0, 0.1, 1, 2): (-151.0058337, -43.92329718, -0.6402168764),
}


@pytest.mark.parametrize("point", OIL)
def test_oil_sorbent_is_the_published_surface(point: tuple[float, ...]) -> None:
    values = OilSorbent()(torch.tensor(point, dtype=torch.float64))
    np.testing.assert_allclose(values.numpy(), OIL[point], rtol=1e-9)


@pytest.mark.parametrize("name", MULTI_OBJECTIVE_PROBLEMS)
def test_every_outcome_is_given_over_the_whole_space(name: str) -> None:
    problem = load_multi_objective_problem(name)
    for params in problem.space.decode(uniform(problem.space, 16, seed=0)):
        values = problem.function(params)
        assert list(values) == problem.goals.outcomes == list(problem.reference_point)
        assert np.isfinite(list(values.values())).all()
    assert problem.goals.n_objectives > 1


def test_values_and_reference_are_those_of_botorch() -> None:
    from botorch.test_functions.multi_objective import BraninCurrin

    problem, function = load_multi_objective_problem("branin-currin"), BraninCurrin()
    x = torch.tensor([0.3, 0.7], dtype=torch.float64)
    values = problem.function({"x1": 0.3, "x2": 0.7})
    np.testing.assert_allclose(list(values.values()), function(x).numpy())
    np.testing.assert_allclose(list(problem.reference_point.values()), function.ref_point.numpy())
    assert problem.max_hypervolume == function.max_hv


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="choose one of oil-sorbent"):
        load_multi_objective_problem("branin")
    with pytest.raises(InvalidInputError, match="no multi-objective test function"):
        botorch_multi_objective("p", "Branin")


@pytest.mark.parametrize("name", ["zdt1-6", "zdt2-6", "zdt3-6", "vlmop2-6", "dtlz2-6", "vehicle-safety"])
def test_no_random_results_cover_more_than_the_best_front(name):
    problem = load_multi_objective_problem(name)
    points = np.random.default_rng(0).random((200, problem.space.dim))
    rows = [problem.function(params) for params in problem.space.decode(points)]
    values = -np.array([[row[outcome] for outcome in problem.goals.outcomes] for row in rows])
    reference = -np.array([problem.reference_point[outcome] for outcome in problem.goals.outcomes])
    assert 0.0 <= hypervolume(values, reference) < problem.max_hypervolume


def test_vlmop2_covers_all_but_nothing_along_its_segment():
    problem = load_multi_objective_problem("vlmop2-6")
    steps = np.linspace(-1.0, 1.0, 2000)[:, None] / np.sqrt(6) * np.ones(6)
    rows = [problem.function(dict(zip(problem.space.names, x, strict=True))) for x in steps]
    values = -np.array([[row["value1"], row["value2"]] for row in rows])
    assert hypervolume(values, -np.full(2, 1.1)) == pytest.approx(problem.max_hypervolume, abs=1e-3)
