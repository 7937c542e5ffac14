"""An encoder in front of a kernel: what it takes, and the kernel that its features begin with."""

from __future__ import annotations

import torch
from gpytorch.kernels import Kernel, MaternKernel
from gpytorch.priors import LogNormalPrior
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.models.exact.priors import lengthscale_prior
from augury.models.one_hot import NetworkInputs

#: With more features than this they share one lengthscale.
_MOST_LENGTHSCALES = 64
#: The first lengthscale of a feature, in its standard deviations over the training rows, and the least one.
_DEVIATIONS = 3.5
_LEAST_LENGTHSCALE = 0.1


class EncoderOnPoints(nn.Module):
    """An encoder that takes points as a space encodes them.

    Args:
        inputs: what points are for a network.
        encoder: maps `... x D` to `... x features`.
    """

    def __init__(self, inputs: NetworkInputs, encoder: nn.Module) -> None:
        super().__init__()
        self.inputs, self.encoder = inputs, encoder

    def forward(self, X: Tensor) -> Tensor:
        """`... x features` of points `... x d`."""
        features: Tensor = self.encoder(self.inputs(X))
        return features


def encoded_rows(encoder: EncoderOnPoints, X: Tensor) -> Tensor:
    """`n x features` of the training rows, once they are known to be what a kernel can take.

    Raises:
        InvalidInputError: they are not.
    """
    width = encoder.inputs.width
    try:
        with torch.no_grad():
            features = encoder(X)
    except RuntimeError as error:
        raise InvalidInputError(
            f"the encoder failed on the {len(X)} x {width} training inputs (numbers, then one column for "
            f"each category): {error}"
        ) from error
    given = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
    if not isinstance(features, Tensor) or features.dim() != 2 or len(features) != len(X):
        raise InvalidInputError(
            f"the encoder must map {len(X)} x {width} to {len(X)} x features; it gives {given}"
        )
    if not bool(torch.isfinite(features).all()):
        raise InvalidInputError("the encoder gives features that are not finite for the training inputs")
    return features


def kernel_of_features(features: Tensor) -> Kernel:
    """Matern-5/2 on these features (`n x p`), with the Gaussian process's prior of lengthscales."""
    count = features.shape[-1]
    ard = count if count <= _MOST_LENGTHSCALES else None
    prior = lengthscale_prior(count)
    kernel = MaternKernel(
        2.5, ard_num_dims=ard, lengthscale_prior=LogNormalPrior(prior.location, prior.scale)
    ).double()
    spread = features.std(dim=0, correction=0)
    if ard is None:
        spread = spread.square().sum().sqrt()
    kernel.lengthscale = (_DEVIATIONS * spread).clamp_min(_LEAST_LENGTHSCALE)
    return kernel
