"""What every surrogate refuses in the same words."""

from __future__ import annotations

import pytest
import torch

from augury.errors import InvalidInputError
from augury.models.registry import MODELS
from tests.models.cases import outcomes, points


@pytest.mark.parametrize(
    "name", ["gp", "sgpr", "random-forest", "infinite-width", "gradient-gp", "portfolio"]
)
@pytest.mark.parametrize("entry", [float("nan"), float("inf"), -float("inf")])
def test_points_that_are_not_finite_are_refused_with_their_place(name, entry):
    X = points(12, 2)
    model = MODELS.load(name)(X, outcomes(X)).fit()
    new = points(3, 2, seed=1).unsqueeze(-2)
    new[2, 0, 1] = entry
    for there in (new, new.requires_grad_()):
        with pytest.raises(InvalidInputError, match=rf"X\[2, 0, 1\] is {entry}; .* must be finite"):
            model.posterior(there)


def test_large_points_are_not_taken_for_infinite_ones():
    X = points(12, 2)
    model = MODELS.load("gp")(X, outcomes(X)).fit()
    far = torch.full((2, 1, 2), 3e38, dtype=torch.float32)  # the sum overflows
    assert torch.isfinite(model.posterior(far).mean).all()


@pytest.mark.parametrize("name", ["gp", "student-t"])
def test_no_model_is_conditioned_on_outcomes_that_are_not_finite(name):
    X = points(12, 2)
    model = MODELS.load(name)(X, outcomes(X)).fit()
    new, Y = points(3, 2, seed=1), torch.zeros(3, 1).double()
    Y[1] = float("nan")
    with pytest.raises(InvalidInputError, match=r"Y\[1, 0\] is nan; every outcome must be finite"):
        model.condition_on_observations(new, Y)
