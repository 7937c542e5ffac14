import pytest
import torch

from augury.errors import InvalidInputError
from augury.hardware import LogStandardize

Y = torch.tensor([[0.0, 10.0], [3.0, 1000.0], [50.0, 20.0], [700.0, 7.0]], dtype=torch.float64)


@pytest.mark.parametrize("shift", [1.0, 1e-6, 1e-8])
def test_the_inverse_gives_the_targets_back(shift):
    transform = LogStandardize(Y, shift=shift)
    Z = transform(Y)
    torch.testing.assert_close(Z.mean(dim=0), torch.zeros(2, dtype=torch.float64), atol=1e-12, rtol=0)
    torch.testing.assert_close(Z.std(dim=0, correction=0), torch.ones(2, dtype=torch.float64))
    torch.testing.assert_close(transform.inverse(Z), Y, rtol=1e-10, atol=1e-9)


def test_predictions_end_at_zero_and_at_the_ceiling_and_say_so():
    transform = LogStandardize(Y, headroom=2.0)
    Z = torch.tensor([[-50.0, 0.0], [0.0, 50.0]], dtype=torch.float64)
    costs = transform.inverse(Z)
    assert costs[0, 0] == 0.0
    assert costs[1, 1] == 2000.0
    assert transform.beyond(Z).tolist() == [[False, False], [False, True]]


def test_with_a_small_shift_a_zero_is_an_outlier_that_squeezes_the_rest():
    costs = torch.cat([torch.zeros(1, 1), torch.linspace(1.0, 50.0, 50).unsqueeze(-1)]).double()
    spread = [float(LogStandardize(costs, shift=shift)(costs)[1:].std()) for shift in (1e-8, 1.0)]
    assert spread[0] < 0.4
    assert spread[1] > 0.8


def test_a_constant_target_keeps_its_value():
    constant = torch.full((3, 1), 4.0, dtype=torch.float64)
    torch.testing.assert_close(LogStandardize(constant).inverse(LogStandardize(constant)(constant)), constant)


def test_costs_that_cannot_be_are_refused():
    with pytest.raises(InvalidInputError, match="-1 in row 1, target 0"):
        LogStandardize(torch.tensor([[0.0], [-1.0]]))
    with pytest.raises(InvalidInputError, match="finite"):
        LogStandardize(torch.tensor([[float("nan")]]))
    with pytest.raises(InvalidInputError, match="shift"):
        LogStandardize(Y, shift=0.0)
