"""Pest control: values of the published code, and a simulation written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.problems import load_problem
from augury.problems.pest_control import PestControl

# From `_pest_control_score(x, seed=1)` of the published code.
PUBLISHED = {
    (0,) * 25: 21.95,
    (1,) * 25: 20.02,
    (4, 3, 2, 1, 0) * 5: 18.410000000000004,
    (0, 3, 4) * 8 + (0,): 16.7524,
}


@pytest.mark.parametrize("choices", PUBLISHED)
def test_values_are_those_of_the_published_code(choices: tuple[int, ...]) -> None:
    value = PestControl()(torch.tensor([choices], dtype=torch.float64))
    assert float(value) == pytest.approx(PUBLISHED[choices], abs=1e-12)


def test_without_treatment_only_the_spread_counts() -> None:
    infested = np.random.RandomState(1).beta(1.0, 30.0, size=100)
    spread = np.random.RandomState(1).beta(1.0, 17.0 / 3.0, size=100)
    above = 0.0
    for _ in range(25):
        above += float(np.mean(infested > 0.1))
        infested += spread * (1 - infested)
    assert float(PestControl()(torch.zeros(1, 25, dtype=torch.float64))) == pytest.approx(above)


def test_codes_that_are_no_choice_are_refused() -> None:
    for code in (0.5, 5.0, -1.0):
        with pytest.raises(ValueError, match="Expected"):
            PestControl()(torch.full((1, 25), code, dtype=torch.float64))


def test_the_problem_names_its_choices() -> None:
    problem = load_problem("pest-control")
    params = dict.fromkeys(problem.space.names, "pesticide 1")
    assert problem.space.validate(params) == params
    assert problem.function(params) == pytest.approx(PUBLISHED[(1,) * 25])
