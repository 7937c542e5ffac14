"""Problems of several objectives: oil sorbent against its published surfaces, and BoTorch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError
from augury.problems import MULTI_OBJECTIVE_PROBLEMS, load_multi_objective_problem
from augury.problems.multi_objective import botorch_multi_objective
from augury.problems.oil_sorbent import OilSorbent
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
