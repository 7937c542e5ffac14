import torch

from augury.hardware.cost_posterior import CostPosterior
from augury.hardware.targets import LogStandardize
from augury.inference.member_posterior import MemberPosterior


def test_predictions_beyond_all_that_was_seen_are_held_to_the_ceiling_and_flagged():
    targets = LogStandardize(torch.tensor([[1.0], [10.0], [100.0]], dtype=torch.float64))
    values = torch.tensor([[0.0], [40.0]], dtype=torch.float64).expand(3, 2, 1)  # members x points x costs
    posterior = CostPosterior(MemberPosterior(values, torch.full_like(values, 0.01)), targets)
    assert posterior.extrapolates.squeeze(-1).tolist() == [False, True]
    assert float(posterior.mean[1, 0]) == 100.0
    torch.testing.assert_close(posterior.quantile(torch.tensor(0.5))[0, 0], targets.inverse(values[0, 0])[0])
