"""The critic of the Wasserstein distance."""

from __future__ import annotations

import pytest
import torch

from augury.inference.wasserstein import WassersteinCritic


def samples(shift, count=200, n=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, n, 1, dtype=torch.float64, generator=generator) + shift


def trained(p, q, steps=150):
    critic = WassersteinCritic(p.shape[1], 32, 10.0, torch.Generator().manual_seed(0))
    critic.train(p, q, steps=steps, lr=0.05, threshold=0.0)
    return critic


def test_the_slope_is_the_gradient():
    critic = WassersteinCritic(4, 16, 10.0, torch.Generator().manual_seed(1))
    values = torch.randn(5, 4, generator=torch.Generator().manual_seed(2)).requires_grad_(True)
    (expected,) = torch.autograd.grad(critic(values).sum(), values)
    torch.testing.assert_close(critic.slope(values), expected)


@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_it_measures_a_shift(shift):
    # The distance between a distribution and its shifted self is the length of the shift; the slope L that
    # maximises L W - 10 (L - 1)^2 is 1 + W / 20.
    distance = shift * 3**0.5
    p, q = samples(shift), samples(0.0, seed=1)
    measured = float(trained(p, q).difference(samples(shift, seed=2), samples(0.0, seed=3)).detach())
    assert measured == pytest.approx(distance * (1.0 + distance / 20.0), rel=0.1)


def test_its_gradient_leads_one_sample_to_the_other():
    p, q = samples(2.0), samples(0.0, seed=1)
    moving = p.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(trained(p, q).difference(moving, q), moving)
    direction = gradient.sum(dim=0).squeeze(-1)
    assert bool((direction > 0).all())
    assert float(direction.norm()) == pytest.approx(1.0, rel=0.25)


def test_training_ends_when_the_gradient_is_small():
    critic = WassersteinCritic(3, 8, 10.0, torch.Generator().manual_seed(0))
    before = [parameter.detach().clone() for parameter in critic.parameters]
    critic.train(samples(1.0), samples(0.0), steps=5, lr=0.05, threshold=1e9)
    assert all(torch.equal(old, new) for old, new in zip(before, critic.parameters, strict=True))
