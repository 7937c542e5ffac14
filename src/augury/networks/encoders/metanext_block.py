"""The MetaNeXt block: any token mixer, then channel mixing, in one residual."""

from __future__ import annotations

import warnings
from typing import Any, final

import torch
from torch import Tensor, nn

from augury.networks.encoders.channel_norm import channel_normalisation
from augury.networks.encoders.inception_mixer import InceptionDWConv1d, InceptionDWConv2d
from augury.networks.encoders.spatial import convolution, per_channel
from augury.networks.encoders.stochastic_depth import StochasticDepth


class ChannelMLP(nn.Module):
    """Two linear maps over channels with a GELU between them, the same at every place.

    Args:
        channels: of input and output.
        hidden: channels between.
        spatial_dims: 1 or 2.
        generator: of the initial weights.
        device: of the parameters.
        dtype: of the parameters.
    """

    def __init__(
        self,
        channels: int,
        hidden: int,
        spatial_dims: int = 2,
        *,
        generator: torch.Generator,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        at: dict[str, Any] = {"device": device, "dtype": dtype}
        self.fc1 = convolution(spatial_dims, channels, hidden, 1, generator=generator, **at)
        self.act = nn.GELU()
        self.fc2 = convolution(spatial_dims, hidden, channels, 1, generator=generator, **at)

    def forward(self, x: Tensor) -> Tensor:
        """`B x C x ...` for `B x C x ...`."""
        y: Tensor = self.fc2(self.act(self.fc1(x)))
        return y


@final
class MetaNeXtBlock(nn.Module):
    r"""`y = x + D(gamma * MLP(norm(mixer(x))))`, with `D` stochastic depth.

    Source: Yu et al. (2024), "InceptionNeXt".

    Args:
        channels: `C`.
        token_mixer: any module from `B x C x ...` to the same shape; by default an inception depthwise
            convolution. With attention as mixer the block is known to fail (accuracy 3.9 % in the paper).
        mlp_ratio: hidden channels of the MLP, as a multiple of `C`.
        norm: `"batch"`, or `"layer"` for layer normalisation over channels, which needs no large batches.
        drop_path_rate: of stochastic depth.
        layer_scale: initial `gamma`.
        spatial_dims: 1 or 2.
        generator: of the initial weights; by default one seeded with 0.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        InvalidInputError: a `norm` that is unknown.
    """

    def __init__(
        self,
        channels: int,
        token_mixer: nn.Module | None = None,
        *,
        mlp_ratio: float = 4,
        norm: str = "batch",
        drop_path_rate: float = 0.0,
        layer_scale: float = 1e-6,
        spatial_dims: int = 2,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0) if generator is None else generator
        at: dict[str, Any] = {"device": device, "dtype": dtype}
        if token_mixer is None:
            mixer = InceptionDWConv2d if spatial_dims == 2 else InceptionDWConv1d
            token_mixer = mixer(channels, generator=generator, **at)
        elif any(isinstance(module, nn.MultiheadAttention) for module in token_mixer.modules()):
            warnings.warn(
                "attention as the token mixer of a MetaNeXt block is known not to train (Yu et al., 2024): "
                "give it a residual of its own",
                stacklevel=2,
            )
        self.token_mixer = token_mixer
        self.norm = channel_normalisation(norm, channels, spatial_dims, **at)
        self.mlp = ChannelMLP(channels, int(mlp_ratio * channels), spatial_dims, generator=generator, **at)
        self.gamma = nn.Parameter(torch.full((channels,), layer_scale, **at))
        self.drop_path = StochasticDepth(drop_path_rate)

    def forward(self, x: Tensor) -> Tensor:
        """`B x C x ...` for `B x C x ...`, of the same size."""
        y = self.mlp(self.norm(self.token_mixer(x)))
        return x + self.drop_path(per_channel(self.gamma, y.dim() - 2) * y)
