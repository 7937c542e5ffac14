"""A bound on how much each layer of a network can stretch."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from augury.errors import InvalidInputError

_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


@final
class SpectralBound(nn.Module):
    r"""The parametrisation `W -> W min(1, c / ||W||_2)`, with the exact norm of the weight as a matrix.

    PyTorch's `spectral_norm` follows the norm by power iteration, whose state makes the function that an
    optimiser sees change under it, and it scales small weights up. For a convolution the matrix is
    `out x (in * kernel)`, whose norm bounds the layer's only up to the square root of the kernel's size.

    Args:
        bound: `c`.
    """

    def __init__(self, bound: float) -> None:
        super().__init__()
        if not 0.0 < bound < float("inf"):
            raise InvalidInputError(f"the bound of the spectral norm must be positive; given {bound:g}")
        self.bound = float(bound)

    def forward(self, weight: Tensor) -> Tensor:
        """The weight, shrunk where it must be."""
        norm = torch.linalg.matrix_norm(weight.flatten(1), 2)
        return weight / (norm / self.bound).clamp_min(1.0)


def bound_spectral_norm_(module: nn.Module, bound: float = 1.0) -> nn.Module:
    """Keep the spectral norm of every linear and convolutional layer below `bound`, in place.

    With nonlinearities of slope at most 1, a network of `L` linear layers stretches distances by at most
    `bound ** L`.

    Source: Miyato et al. (2018); for encoders in front of Gaussian processes, Liu et al. (2020).

    Args:
        module: any network.
        bound: the largest norm.

    Returns:
        The module itself.

    Raises:
        InvalidInputError: a bound that is not positive.
    """
    for layer in list(module.modules()):
        if isinstance(layer, _LAYERS):
            parametrize.register_parametrization(layer, "weight", SpectralBound(bound))
    return module
