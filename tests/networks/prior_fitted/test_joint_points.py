"""Points that batches share: found, computed once, and put back where they were."""

from __future__ import annotations

import pytest
import torch

from augury.networks.prior_fitted.joint_points import JointPoints

SHARED = torch.tensor([[0.1, 0.2], [0.3, 0.4]], dtype=torch.float64)


def batches(count: int, own: int, shared: torch.Tensor = SHARED) -> torch.Tensor:
    mine = torch.rand(count, own, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return torch.cat([mine, shared.expand(count, -1, -1)], dim=1)


@pytest.mark.parametrize(("count", "own", "distinct"), [(5, 3, 17), (5, 0, 2), (1, 1, 3)])
def test_each_different_point_is_there_once(count, own, distinct):
    points = batches(count, own)
    joint = JointPoints.of(points)
    assert joint.flat.shape == (distinct, 2)
    assert torch.equal(joint.joined(joint.flat, 0), points)


def test_values_are_joined_along_any_dimension():
    points = batches(4, 1)
    joint = JointPoints.of(points)
    values = joint.flat.sum(-1)
    assert torch.equal(joint.joined(values, -1), points.sum(-1))
    stacked = torch.stack([values, -values])
    assert torch.equal(joint.joined(stacked, 1), torch.stack([points.sum(-1), -points.sum(-1)]))
    assert torch.equal(joint.joined(stacked.T, 0), torch.stack([points.sum(-1), -points.sum(-1)], -1))


def test_only_points_at_the_end_count_as_shared():
    points = batches(3, 1)[:, [1, 0, 2]]
    assert torch.equal(JointPoints.of(points).shared, SHARED[1:])


def test_every_batch_has_its_gradient_where_they_meet():
    points = batches(4, 1).requires_grad_()
    joint = JointPoints.of(points)
    (gradient,) = torch.autograd.grad(joint.joined(joint.flat.square(), 0).sum(), points)
    torch.testing.assert_close(gradient, 2.0 * points.detach())


def test_no_points_at_all():
    joint = JointPoints.of(torch.empty(0, 2, 3))
    assert joint.joined(joint.flat, 0).shape == (0, 2, 3)
