"""What a field of the library's own parts is made of, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.networks.fields.gaussian_rbf import GaussianRBFLayer
from augury.networks.fields.multi_resolution_grid import MultiResolutionGrid
from augury.networks.fields.neural_field import NeuralField
from augury.networks.mlp import MLP

_PLACES = 10_000  # at which the features are clustered


@dataclass(frozen=True)
class FieldDesign:
    """The parts of a `NeuralField`.

    Args:
        in_dim: number of coordinates, 2 or 3.
        out_features: number of outputs.
        channels: features of each level of the grid.
        resolutions: nodes along each axis, of each level.
        scale: standard deviation of the grid's initial values.
        decoder: "rbf" (one layer of Gaussian kernels, centred on the first features) or "mlp" (rectified).
        n_centers: kernels of the decoder "rbf".
        hidden: widths of the decoder "mlp".
        seed: of the initial weights.
    """

    in_dim: int
    out_features: int
    channels: tuple[int, ...] = (4, 4, 4, 2, 2, 2)
    resolutions: tuple[int, ...] = (16, 25, 35, 45, 54, 64)
    scale: float = 0.03
    decoder: str = "rbf"
    n_centers: int = 64
    hidden: tuple[int, ...] = (64, 64)
    seed: int = 0

    def build(
        self, *, device: torch.device | str | None = None, dtype: torch.dtype = torch.float64
    ) -> NeuralField:
        """The field, untrained.

        Raises:
            InvalidInputError: an unknown decoder, or sizes that the parts refuse.
        """
        encoder = MultiResolutionGrid(
            self.in_dim, self.channels, self.resolutions, scale=self.scale, seed=self.seed, dtype=dtype
        )
        width, seed = encoder.out_features, self.seed + 1
        decoder: nn.Module
        if self.decoder == "rbf":
            decoder = GaussianRBFLayer(width, self.out_features, self.n_centers, seed=seed, dtype=dtype)
            generator = torch.Generator().manual_seed(seed)
            places = 2.0 * torch.rand(_PLACES, self.in_dim, generator=generator, dtype=dtype) - 1.0
            with torch.no_grad():
                decoder.centre_on_(encoder(places), seed)
        elif self.decoder == "mlp":
            decoder = MLP(width, self.hidden, self.out_features, "relu", seed=seed).to(dtype)
        else:
            raise InvalidInputError(f"decoder must be 'rbf' or 'mlp'; given {self.decoder!r}")
        return NeuralField(encoder, decoder).to(device)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> FieldDesign:
        """What `as_dict` gave."""
        options: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
        }
        return cls(**options)
