"""Learning rates by which every layer of a network counts alike in its training."""

from __future__ import annotations

import numpy as np
import torch

from augury.kernels.activation import resolve_activation
from augury.kernels.criticality import ActivationLike
from augury.kernels.finite_width import NetworkStatistics
from augury.kernels.gaussian_moments import ActivationMoments


def equivalent_learning_rates(
    activation: ActivationLike, statistics: NetworkStatistics
) -> tuple[np.ndarray, np.ndarray]:
    r"""Learning rates of biases and weights (divided by fan-in) by which every layer adds as much to the
    tangent kernel of the last.

    A layer's contribution is multiplied by the `chi_perp` of all layers after it, so that

    .. math::
        \lambda_b^{(l)} = \frac{1}{L \prod_{k=l}^{L-1} \chi_\perp^{(k)}}, \qquad
        \lambda_W^{(l)} = \frac{\lambda_b^{(l)}}{\langle \sigma^2 \rangle^{(l-1)}} .

    Asymptotically these are `1 / L` for a scale-invariant activation, and `1 / l` (biases) and constant
    (weights) for tanh. The first layer's weights take `|x|^2 / d = 1`.

    Source: Roberts, Yaida and Hanin (2022), section 9.4.

    Args:
        activation: of the network.
        statistics: `network_statistics` of it.

    Returns:
        `depth` rates of biases and `depth` rates of weights.
    """
    depth = len(statistics.kernel)
    after = np.append(np.cumprod(statistics.perpendicular[:-1][::-1])[::-1], 1.0)
    biases = 1.0 / (depth * after)
    kernels = torch.from_numpy(statistics.kernel[:-1].copy())
    second = ActivationMoments.of(resolve_activation(activation), kernels).second.numpy()
    return biases, biases / np.append(1.0, second)
