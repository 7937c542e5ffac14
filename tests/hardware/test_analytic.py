import math

import pytest
import torch

from augury.errors import InvalidInputError
from augury.hardware import Design, Layer, analytic_costs, layer_table


def test_costs_by_hand():
    small = Design((Layer("QDense", (16,), (8,), prec=4, rf=3), Layer("activation", (8,), (8,))))
    wide = Design((Layer("QDense", (4,), (8,), prec=12, rf=2), Layer("QDense", (8,), (2,), prec=4, rf=1)))
    costs = analytic_costs(layer_table([small, wide]), noise=0.0)
    expected = [
        [3 + 4 + 2, math.ceil(128 / 3) * 16, 0, 3],
        [(2 + 2 + 2) + (1 + 3 + 2), 16 * 16, 16, 2],
    ]
    torch.testing.assert_close(costs, torch.tensor(expected, dtype=torch.float64))
    noisy = analytic_costs(layer_table([small, wide]), noise=0.05, seed=1)
    assert ((noisy / costs.clamp(min=1e-9) - 1.0).abs()[:, :2] <= 0.05).all()
    assert not torch.equal(noisy, costs)


def test_a_dense_layer_without_reuse_is_refused():
    with pytest.raises(InvalidInputError, match="prec and rf"):
        analytic_costs(layer_table([Design((Layer("QDense", (4,), (4,), prec=4),))]))
