"""UniRepLKNet: an encoder of images or signals that sees far without being deep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor, nn

from augury.construction import remembers_construction
from augury.errors import InvalidInputError
from augury.networks.encoders.channel_norm import channel_normalisation
from augury.networks.encoders.checks import check_map, check_stages
from augury.networks.encoders.fold import check_foldable
from augury.networks.encoders.mlp_head import MLPHead
from augury.networks.encoders.spatial import batch_norm, convolution, linear
from augury.networks.encoders.stochastic_depth import depth_rates
from augury.networks.encoders.unireplknet_block import UniRepLKNetBlock
from augury.networks.encoders.variants import UNIREPLKNET, default_kernels

_LAST_WEIGHT = {"linear": "weight", "mlp": "fc2.weight"}  # by kind of head


@final
class UniRepLKNet(nn.Module):
    """Stages of large-kernel blocks, each of half the resolution and twice the width of the one before.

    The stem halves the resolution twice. Pooled features of the last stage are normalised; with classes, a
    linear map follows.

    Source: Ding et al. (2024), "UniRepLKNet: a universal perception large-kernel ConvNet for audio, video,
    point cloud, time-series and image recognition", CVPR. The names of the parameters are those of its
    checkpoints, which `load_checkpoint` reads.

    Args:
        in_channels: of the input.
        depths: number of blocks of each stage.
        width: channels `C` of the first stage, even and at least 4; stage `i` has `2^i C`.
        kernel_sizes: of each block, by stage; by default the published ones for the published depths.
        num_classes: number of outputs; 0 for the pooled features, `2^(stages - 1) C` of them.
        out_indices: stages whose normalised maps are returned instead, as a list.
        head: from pooled features to outputs: `"linear"` as published, or `"mlp"`, see `MLPHead`.
        norm: of stem, downsampling and features: `"layer"` as published, at each place on its own, or
            `"batch"`, which keeps amplitudes: better where few rows tell a response to the input.
        spatial_dims: 2 for images `B x C x H x W`, 1 for signals `B x C x L`.
        shortcut: whether blocks are residual.
        reparam: branches of large kernels in training: `"dilated"`, `"small"`, `"equivalent"`, `"none"`.
        extra: structure after the kernels: `"se"`, `"bottleneck"`, `"pw2"`, `"dw2"`, `"none"`.
        drop_path_rate: stochastic depth of the last block; it grows linearly from 0.
        layer_scale: initial scale of the residual branches. At the published 1e-6 an untrained network is
            nearly its downsampling layers alone: for short trainings take 0.01 to 1.
        head_init_scale: factor of the initial weights of the classifier.
        folded: begin as the graph that `reparameterize` makes.
        seed: of the initial weights.
        device: of the parameters; on `"meta"` the network costs no memory.
        dtype: of the parameters.

    Raises:
        InvalidInputError: a width that is odd or below 4, kernel sizes that do not go with the depths, a
            `norm` or `head` that is unknown, or an index of a stage that does not exist.
    """

    @remembers_construction
    def __init__(
        self,
        in_channels: int = 3,
        depths: Sequence[int] = (2, 2, 6, 2),
        width: int = 40,
        kernel_sizes: Sequence[Sequence[int]] | None = None,
        num_classes: int = 0,
        out_indices: Sequence[int] | None = None,
        *,
        head: str = "linear",
        norm: str = "layer",
        spatial_dims: int = 2,
        shortcut: bool = True,
        reparam: str = "dilated",
        extra: str = "se",
        drop_path_rate: float = 0.0,
        layer_scale: float = 1e-6,
        head_init_scale: float = 1.0,
        folded: bool = False,
        seed: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        depths = tuple(int(depth) for depth in depths)
        kernels = default_kernels(depths) if kernel_sizes is None else tuple(map(tuple, kernel_sizes))
        self.out_indices = None if out_indices is None else tuple(out_indices)
        check_stages(depths, self.out_indices, num_classes)
        _check_widths(depths, width, kernels)
        if head not in _LAST_WEIGHT:
            raise InvalidInputError(f"head={head!r}: one of {', '.join(_LAST_WEIGHT)}")
        generator = torch.Generator().manual_seed(seed)
        at: dict[str, Any] = {"device": device, "dtype": dtype}
        self.spatial_dims, self.in_channels = spatial_dims, in_channels
        self.widths = tuple(width * 2**stage for stage in range(len(depths)))
        self.num_features = self.widths[-1]
        self.stride = 2 ** (len(depths) + 1)

        def halve(before: int, after: int) -> list[nn.Module]:
            conv = convolution(spatial_dims, before, after, 3, stride=2, generator=generator, **at)
            return [conv, channel_normalisation(norm, after, spatial_dims, **at)]

        stem = [*halve(in_channels, width // 2), nn.GELU(), *halve(width // 2, width)]
        self.downsample_layers = nn.ModuleList([nn.Sequential(*stem)])
        for before, after in zip(self.widths, self.widths[1:], strict=False):
            self.downsample_layers.append(nn.Sequential(*halve(before, after)))
        self.stages = nn.ModuleList()
        for channels, sizes, rates in zip(
            self.widths, kernels, depth_rates(drop_path_rate, depths), strict=True
        ):
            blocks = [
                UniRepLKNetBlock(
                    channels,
                    size,
                    shortcut=shortcut,
                    reparam=reparam,
                    extra=extra,
                    drop_path_rate=rate,
                    layer_scale=layer_scale,
                    spatial_dims=spatial_dims,
                    folded=folded,
                    generator=generator,
                    **at,
                )
                for size, rate in zip(sizes, rates, strict=True)
            ]
            self.stages.append(nn.Sequential(*blocks))
        if self.out_indices is not None:
            for stage in self.out_indices:
                self.add_module(
                    f"norm{stage}", channel_normalisation(norm, self.widths[stage], spatial_dims, **at)
                )
            return
        self.norm = (
            batch_norm(1, self.num_features, **at)
            if norm == "batch"
            else nn.LayerNorm(self.num_features, eps=1e-6, **at)
        )
        self.head: nn.Module = nn.Identity()
        if num_classes:
            sizes = self.num_features, num_classes
            if head == "mlp":
                self.head = MLPHead(*sizes, generator=generator, **at)
            else:
                self.head = linear(*sizes, generator=generator, **at)
            with torch.no_grad():
                self.head.get_parameter(_LAST_WEIGHT[head]).mul_(head_init_scale)

    @classmethod
    def from_variant(cls, variant: str, **kwargs: Any) -> UniRepLKNet:
        """A published network.

        Args:
            variant: `"a"`, `"f"`, `"p"`, `"n"`, `"t"`, `"s"`, `"b"`, `"l"` or `"xl"`.
            kwargs: of the class, other than depths and width.

        Raises:
            InvalidInputError: a variant that is none of these.
        """
        if variant not in UNIREPLKNET:
            raise InvalidInputError(f"variant {variant!r} of UniRepLKNet: one of {', '.join(UNIREPLKNET)}")
        return cls(**UNIREPLKNET[variant]._asdict(), **kwargs)

    def forward(self, x: Tensor) -> Tensor | list[Tensor]:
        """Logits, pooled features, or the maps asked for.

        Args:
            x: `B x in_channels x ...`, each side at least `stride` (32 with four stages).

        Returns:
            `B x num_classes`, or `B x num_features`, or a list of `B x 2^i C x ...` by `out_indices`.

        Raises:
            InvalidInputError: a shape that is none, a side that is too short, or in training mode a single
                input whose last map is a single place or, with `norm="batch"`, whose features are pooled
                (batch statistics do not exist).
        """
        maps = self.maps(x)
        if self.out_indices is not None:
            return [
                self.get_submodule(f"norm{stage}")(each)
                for stage, each in enumerate(maps)
                if stage in self.out_indices
            ]
        if self.training and len(x) == 1 and isinstance(self.norm, nn.BatchNorm1d):
            raise InvalidInputError(
                'a network with norm="batch" in training mode cannot normalise the features of one input: '
                "give more inputs, or call .eval()"
            )
        features: Tensor = self.norm(maps[-1].mean(tuple(range(2, x.dim()))))
        logits: Tensor = self.head(features)
        return logits

    def maps(self, x: Tensor) -> list[Tensor]:
        """`B x 2^i C x ...` of each stage `i`, not normalised.

        Args:
            x: as for `forward`.
        """
        check_map(x, self.in_channels, self.spatial_dims, self.stride, training=self.training)
        maps: list[Tensor] = []
        for halve, blocks in zip(self.downsample_layers, self.stages, strict=True):
            x = blocks(halve(x))
            maps.append(x)
        return maps

    def reparameterize(self) -> UniRepLKNet:
        """Folds every block in place: the same function in evaluation mode, with fewer, larger layers.

        Raises:
            InvalidInputError: in training mode, or with statistics that are not finite.
        """
        check_foldable(self)
        for stage in self.stages:
            for block in stage:  # type: ignore[attr-defined]
                block.reparameterize()
        return self


def _check_widths(depths: tuple[int, ...], width: int, kernels: tuple[tuple[int, ...], ...]) -> None:
    if width < 4 or width % 2:
        raise InvalidInputError(f"the width must be even and at least 4; given {width}")
    if tuple(map(len, kernels)) != depths:
        raise InvalidInputError(f"kernel_sizes must be one a block, {depths} by stage; given {kernels}")
