"""A signal as a function of coordinates."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.fields.gaussian_rbf import GaussianRBFLayer


@final
class NeuralField(nn.Module):
    """An encoder of coordinates, then a decoder of its features.

    An image is a field of two coordinates, a signed distance one of three.

        NeuralField(MultiResolutionGrid(2), GaussianRBFLayer(18, 3))

    Args:
        encoder: maps `... x d` coordinates in [-1, 1] to `... x features`.
        decoder: maps `... x features` to `... x outputs`.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, x: Tensor) -> Tensor:
        """`... x outputs` at coordinates `... x d`."""
        result: Tensor = self.decoder(self.encoder(x))
        return result

    def features(self, x: Tensor) -> Tensor:
        """What the decoder's last linear layer is given: `... x N` at coordinates `... x d`.

        Raises:
            InvalidInputError: the decoder is no `GaussianRBFLayer`, nor a `Sequential` with a linear end.
        """
        encoded: Tensor = self.encoder(x)
        if isinstance(self.decoder, GaussianRBFLayer):
            return self.decoder.features(encoded)
        if isinstance(self.decoder, nn.Sequential) and isinstance(self.decoder[-1], nn.Linear):
            for layer in list(self.decoder)[:-1]:
                encoded = layer(encoded)
            return encoded
        raise InvalidInputError(
            f"a {type(self.decoder).__name__} has no last linear layer; take a GaussianRBFLayer, or a "
            "Sequential that ends in Linear"
        )

    def gradient(self, x: Tensor, output: int = 0) -> Tensor:
        """The derivatives of one output by the coordinates, `... x d`: the normal of a signed distance.

        Args:
            x: coordinates, `... x d`.
            output: which one.
        """
        with torch.enable_grad():
            x = x.detach().requires_grad_(True)
            (slope,) = torch.autograd.grad(self(x)[..., output].sum(), x)
        return slope
