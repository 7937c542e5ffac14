"""What samplers by tempered particles share."""

from __future__ import annotations

from torch import Tensor


def power_step(likelihood: Tensor, most: float) -> float:
    """The largest step of the power of the likelihood, `most` at most, that leaves half of the particles
    effective.

    Args:
        likelihood: log likelihoods of the particles.
        most: what is left to power one.
    """
    step = most
    for _ in range(30):
        share = (step * likelihood).softmax(0)
        if float(1.0 / share.square().sum()) > 0.5 * len(share):
            return step
        step = 0.7 * step
    return step
