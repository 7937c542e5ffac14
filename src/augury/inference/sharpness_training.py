"""Training of many networks at once with a bound on the sharpness of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from augury.inference.network_density import NetworkDensity
    from augury.inference.sharpness import SharpnessRegularizer


def with_sharpness(
    gradient: Callable[[Tensor], Tensor], density: NetworkDensity, sharpness: SharpnessRegularizer | None
) -> Callable[[Tensor], Tensor]:
    """A gradient for `augury.inference.map_training.adam`, with what a penalty on sharpness adds to it.

    The loss is a sum over the rows, of which the penalty bounds the average: it counts as often as there are
    rows.

    Args:
        gradient: `C x D` gradients of the loss at `C x D` parameters, of which the weights come first.
        density: the network, and the rows over which its predictions are averaged.
        sharpness: the penalty; its options are taken, and its own multiplier is left alone. None for none.
    """
    if sharpness is None:
        return gradient
    regularizer, weights = sharpness.fresh(), density.num_weights

    def mean(theta: Tensor) -> Tensor:
        return density.network(theta, density.X).mean(dim=(-2, -1))

    def total(theta: Tensor) -> Tensor:
        slope = gradient(theta)
        slope[:, :weights] += density.num_data * regularizer.gradient(mean, theta[:, :weights])
        return slope

    return total
