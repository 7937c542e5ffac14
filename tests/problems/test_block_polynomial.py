"""The block polynomial against a loop, and its maximum against all corners."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from augury.errors import InvalidInputError
from augury.problems.block_polynomial import BlockPolynomial


def test_groups_are_a_quarter_of_the_dimension_apart() -> None:
    function = BlockPolynomial(12, seed=1)
    x = torch.rand(12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    c = function.shifts
    expected = sum(
        (x[j] - c[j]) * (x[j + 3] - c[j + 3]) * (x[j + 6] - c[j + 6]) * (x[j + 9] - c[j + 9])
        for j in range(3)
    )
    assert float(function(x.unsqueeze(0))) == pytest.approx(float(expected), rel=1e-12)


def test_the_maximum_is_that_of_all_corners() -> None:
    function = BlockPolynomial(8, seed=2)
    corners = torch.tensor(list(product((0.0, 1.0), repeat=8)), dtype=torch.float64)
    assert float(function(corners).max()) == pytest.approx(function.optimal_value, rel=1e-12)
    assert float(function(function.optimizers)) == pytest.approx(function.optimal_value, rel=1e-12)


def test_a_dimension_that_is_no_multiple_of_four_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="multiple of 4"):
        BlockPolynomial(10)
