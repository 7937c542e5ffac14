"""Functions of several fidelities: published values and the published relations between their levels."""

from __future__ import annotations

import pytest
import torch
from botorch.test_functions.multi_objective import BraninCurrin

from augury.problems.multi_fidelity import currin, forrester, sinusoid

X1 = torch.linspace(0.0, 1.0, 101, dtype=torch.float64).unsqueeze(-1)
X2 = torch.rand(40, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_forrester_s_minimum_and_the_relation_of_its_levels():
    low, high = forrester()
    fine = torch.linspace(0.75, 0.765, 100_001, dtype=torch.float64).unsqueeze(-1)
    assert float(high(fine).min()) == pytest.approx(-6.020740, abs=1e-6)
    assert float(fine[high(fine).argmin()]) == pytest.approx(0.757249, abs=1e-5)
    torch.testing.assert_close(high(X1), 2.0 * low(X1) - 20.0 * X1[:, 0] + 20.0)


def test_the_sinusoid_s_levels_are_hardly_correlated():
    low, high = sinusoid()
    torch.testing.assert_close(high(X1), (X1[:, 0] - 2.0**0.5) * low(X1).square())
    assert abs(float(torch.corrcoef(torch.stack([low(X1), high(X1)]))[0, 1])) < 0.15


def test_currin_is_botorch_s_and_its_cheap_level_an_average_near_it():
    low, high = currin()
    torch.testing.assert_close(high(X2), BraninCurrin().double()._currin(X2))
    inside = 0.05 + 0.9 * X2
    corners = [inside + torch.tensor([a, b]).double() for a in (0.05, -0.05) for b in (0.05, -0.05)]
    expected = torch.stack([high(corner) for corner in corners]).mean(0)
    torch.testing.assert_close(low(inside), expected, rtol=1e-6, atol=1e-6)
    edge = torch.tensor([[0.5, 0.0], [0.5, 0.02]], dtype=torch.float64)
    assert bool(torch.isfinite(torch.cat([low(edge), high(edge)])).all())


@pytest.mark.parametrize(("pair", "X"), [(forrester(), X1), (sinusoid(), X1), (currin(), X2)])
def test_batches_of_points_are_evaluated_together(pair, X):
    for function in pair:
        torch.testing.assert_close(function(X[:40].reshape(4, 10, -1)), function(X[:40]).reshape(4, 10))
