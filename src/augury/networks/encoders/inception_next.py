"""InceptionNeXt: an encoder that mixes few channels far and leaves the others alone."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor, nn

from augury.construction import remembers_construction
from augury.errors import InvalidInputError
from augury.networks.encoders.channel_norm import channel_normalisation
from augury.networks.encoders.checks import check_map, check_stages
from augury.networks.encoders.inception_mixer import InceptionDWConv1d, InceptionDWConv2d
from augury.networks.encoders.metanext_block import MetaNeXtBlock
from augury.networks.encoders.mlp_head import MLPHead
from augury.networks.encoders.spatial import convolution
from augury.networks.encoders.stochastic_depth import depth_rates
from augury.networks.encoders.variants import INCEPTION_NEXT


class _Stage(nn.Module):
    """Blocks at one resolution, after the step down to it."""

    def __init__(self, downsample: nn.Module, blocks: list[nn.Module]) -> None:
        super().__init__()
        self.downsample = downsample
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.blocks(self.downsample(x))
        return y


@final
class InceptionNeXt(nn.Module):
    """Stages of MetaNeXt blocks with inception depthwise convolutions.

    The stem divides the resolution by four, each further stage by two.

    Source: Yu et al. (2024), "InceptionNeXt: when Inception meets ConvNeXt", CVPR. The names of the
    parameters are those of `timm` and of the released checkpoints, which `load_checkpoint` reads.

    Args:
        in_channels: of the input.
        depths: number of blocks of each stage.
        widths: channels of each stage.
        branch_ratio: share of the channels that each branch of a mixer has.
        band_kernel: length of the bands.
        mlp_ratios: of each stage; by default 4, and 3 in the last.
        num_classes: number of outputs; 0 for the pooled features, `widths[-1]` of them.
        out_indices: stages whose maps are returned instead, as a list.
        norm: `"batch"` as published, or `"layer"`, which does as well and needs no large batches.
        spatial_dims: 2 for images `B x C x H x W`, 1 for signals `B x C x L`.
        drop_path_rate: stochastic depth of the last block; it grows linearly from 0.
        layer_scale: initial scale of the residual branches; for short trainings take 0.01 to 1.
        dropout: in the classifier.
        seed: of the initial weights.
        device: of the parameters; on `"meta"` the network costs no memory.
        dtype: of the parameters.

    Raises:
        InvalidInputError: depths, widths and ratios of different lengths, an index of a stage that does not
            exist, or a mixer that cannot be (see `InceptionDWConv2d`).
    """

    @remembers_construction
    def __init__(
        self,
        in_channels: int = 3,
        depths: Sequence[int] = (2, 2, 6, 2),
        widths: Sequence[int] = (40, 80, 160, 320),
        branch_ratio: float = 0.125,
        band_kernel: int = 11,
        mlp_ratios: Sequence[float] | None = None,
        num_classes: int = 0,
        out_indices: Sequence[int] | None = None,
        *,
        norm: str = "batch",
        spatial_dims: int = 2,
        drop_path_rate: float = 0.0,
        layer_scale: float = 1e-6,
        dropout: float = 0.0,
        seed: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        depths, widths = tuple(depths), tuple(widths)
        ratios = (4.0,) * (len(depths) - 1) + (3.0,) if mlp_ratios is None else tuple(mlp_ratios)
        self.out_indices = None if out_indices is None else tuple(out_indices)
        check_stages(depths, self.out_indices, num_classes)
        if not len(depths) == len(widths) == len(ratios):
            raise InvalidInputError(
                f"depths, widths and mlp_ratios have one entry a stage; given {depths}, {widths}, {ratios}"
            )
        generator = torch.Generator().manual_seed(seed)
        at: dict[str, Any] = {"device": device, "dtype": dtype}
        self.spatial_dims, self.in_channels = spatial_dims, in_channels
        self.num_features = widths[-1]
        self.stride = 2 ** (len(depths) + 1)
        mixer = InceptionDWConv1d if spatial_dims == 1 else InceptionDWConv2d

        def step(before: int, after: int, size: int) -> nn.Module:
            layer: nn.Module = convolution(
                spatial_dims, before, after, size, stride=size, padding=0, generator=generator, **at
            )
            return layer

        def normalisation(channels: int) -> nn.Module:
            return channel_normalisation(norm, channels, spatial_dims, **at)

        self.stem = nn.Sequential(step(in_channels, widths[0], 4), normalisation(widths[0]))
        stages: list[nn.Module] = []
        for stage, rates in enumerate(depth_rates(drop_path_rate, depths)):
            before, channels = widths[max(stage - 1, 0)], widths[stage]
            down = (
                nn.Identity()
                if stage == 0
                else nn.Sequential(normalisation(before), step(before, channels, 2))
            )
            blocks: list[nn.Module] = [
                MetaNeXtBlock(
                    channels,
                    mixer(channels, 3, band_kernel, branch_ratio, generator=generator, **at),
                    mlp_ratio=ratios[stage],
                    norm=norm,
                    drop_path_rate=rate,
                    layer_scale=layer_scale,
                    spatial_dims=spatial_dims,
                    generator=generator,
                    **at,
                )
                for rate in rates
            ]
            stages.append(_Stage(down, blocks))
        self.stages = nn.Sequential(*stages)
        self.head: nn.Module = nn.Identity()
        if num_classes:
            self.head = MLPHead(self.num_features, num_classes, dropout, generator=generator, **at)

    @classmethod
    def from_variant(cls, variant: str, **kwargs: Any) -> InceptionNeXt:
        """A published network.

        Args:
            variant: `"atto"`, `"tiny"`, `"small"` or `"base"`.
            kwargs: of the class, other than depths, widths, branch ratio and band kernel.

        Raises:
            InvalidInputError: a variant that is none of these.
        """
        if variant not in INCEPTION_NEXT:
            raise InvalidInputError(
                f"variant {variant!r} of InceptionNeXt: one of {', '.join(INCEPTION_NEXT)}"
            )
        return cls(**INCEPTION_NEXT[variant]._asdict(), **kwargs)

    def forward(self, x: Tensor) -> Tensor | list[Tensor]:
        """Logits, pooled features, or the maps asked for.

        Args:
            x: `B x in_channels x ...`, each side at least `stride` (32 with four stages).

        Returns:
            `B x num_classes`, or `B x num_features`, or a list of maps by `out_indices`.

        Raises:
            InvalidInputError: as in `check_map`.
        """
        maps = self.maps(x)
        if self.out_indices is not None:
            return [each for stage, each in enumerate(maps) if stage in self.out_indices]
        outputs: Tensor = self.head(maps[-1].mean(tuple(range(2, x.dim()))))
        return outputs

    def maps(self, x: Tensor) -> list[Tensor]:
        """`B x widths[i] x ...` of each stage `i`.

        Args:
            x: as for `forward`.
        """
        check_map(x, self.in_channels, self.spatial_dims, self.stride, training=self.training)
        sides = tuple(x.shape[2:])
        if any(side % self.stride for side in sides):
            warnings.warn(
                f"sides {sides} are not multiples of {self.stride}: some of the last rows or columns are not "
                "seen; pad the input",
                stacklevel=3,
            )
        x = self.stem(x)
        maps: list[Tensor] = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps
