"""The published softmax-free vision transformers, as encoders of images and fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.encoders.stochastic_depth import StochasticDepth
from augury.networks.softmax_free.embedding import ConvolutionalEmbedding
from augury.networks.softmax_free.encoder import SoftmaxFreeLayer
from augury.numerics.seeding import global_generator


class Variant(NamedTuple):
    """Sizes of a published network, by stage."""

    depths: tuple[int, int, int, int]
    widths: tuple[int, int, int, int]
    heads: tuple[int, int, int, int]


#: The published sizes; of "small" the paper has 7 layers in the third stage, which fit its 24 million
#: parameters, and the released code ("small-code") 20.
VARIANTS: Mapping[str, Variant] = {
    "tiny": Variant((1, 2, 3, 2), (64, 128, 320, 512), (2, 4, 10, 16)),
    "small": Variant((1, 3, 7, 4), (64, 128, 320, 512), (2, 4, 10, 16)),
    "small-code": Variant((1, 3, 20, 4), (64, 128, 320, 512), (2, 4, 10, 16)),
    "medium": Variant((1, 3, 29, 5), (64, 128, 288, 512), (2, 4, 9, 16)),
    "large": Variant((1, 3, 40, 5), (64, 128, 320, 512), (2, 4, 10, 16)),
    "huge": Variant((1, 5, 49, 5), (64, 128, 352, 512), (2, 4, 11, 16)),
}

_RATIOS, _WINDOWS = (8, 4, 2), (9, 5, 3)

#: What is named otherwise in the released checkpoints.
_PUBLISHED_NAMES = {
    r"att\.mha\.W_q\.": "attention.queries.",
    r"att\.mha\.W_v\.": "attention.values.",
    r"att\.mha\.ff\.": "attention.output.",
    r"att\.mha\.attn\.Qlandmark_op\.": "attention.landmarks.convolution.",
    r"att\.mha\.attn\.Qnorm_act\.0\.": "attention.landmarks.norm.",
    r"att\.mha\.attn\.conv\.": "attention.value_convolution.",
    r"att\.ff1\.": "dense.0.",
    r"att\.ff2\.": "dense.2.",
    r"att\.norm1\.": "attention_norm.",
    r"att\.norm2\.": "dense_norm.",
}


@final
class SoftmaxFreeTransformer(nn.Module):
    """A pyramid of softmax-free attention in three stages and of softmax attention in a last, small one.

    A convolutional stem, then stages at 1/4, 1/8, 1/16 and 1/32 of the image's sides; the class token of the
    last is the result.

    Source: Lu et al. (2021), SOFT: softmax-free transformer with linear complexity; with `normalize=True` of
    Lu et al. (2024), Softmax-free linear transformers. The parameters are those of the released code.

    Args:
        variant: a name in `VARIANTS`, or sizes of one's own.
        in_channels: of the image.
        image_size: its sides, for the tables of positions; images of other sizes take them interpolated.
        num_classes: outputs of a last linear layer; 0 for the features themselves.
        drop_path: dropout of the last layer; that of earlier ones is in proportion.
        seed: of the initial weights.
        device: of the parameters.
        dtype: of the parameters.
        attention: further arguments of `SoftmaxFreeAttention`; as published, `sampling` is "convolution" and
            `inverse` "newton" unless given.

    Raises:
        InvalidInputError: an unknown variant, a size that 32 does not divide.
    """

    def __init__(
        self,
        variant: str | Variant = "tiny",
        in_channels: int = 3,
        image_size: int = 224,
        num_classes: int = 0,
        *,
        drop_path: float = 0.0,
        seed: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
        **attention: Any,
    ) -> None:
        super().__init__()
        if isinstance(variant, str):
            if variant not in VARIANTS:
                raise InvalidInputError(f"variant must be one of {', '.join(VARIANTS)}; given {variant!r}")
            variant = VARIANTS[variant]
        if image_size < 32 or image_size % 32:
            raise InvalidInputError(f"image_size must be a multiple of 32; given {image_size}")
        depths, widths, heads = variant
        attention = {"sampling": "convolution", "inverse": "newton", **attention}
        rates = iter(torch.linspace(0.0, drop_path, sum(depths)).tolist())
        with global_generator(torch.Generator().manual_seed(seed)):
            for stage, width in enumerate(widths, 1):
                channels = (in_channels, 32, 32, width) if stage == 1 else (widths[stage - 2], width)
                embedding = ConvolutionalEmbedding(channels, seed=int(torch.randint(2**62, ())), dtype=dtype)
                self.add_module(f"patch_embed{stage}", embedding)
            for stage, width in enumerate(widths, 1):
                tokens = (image_size // 2 ** (stage + 1)) ** 2 + (stage == 4)
                table = 0.02 * torch.randn(1, tokens, width, dtype=dtype)
                self.register_parameter(f"pos_embed{stage}", nn.Parameter(table))
            for stage in (1, 2, 3):
                layers = (
                    SoftmaxFreeLayer(
                        widths[stage - 1],
                        dropout=next(rates),
                        seed=int(torch.randint(2**62, ())),
                        dtype=dtype,
                        heads=heads[stage - 1],
                        ratio=_RATIOS[stage - 1],
                        axes=2,
                        value_window=_WINDOWS[stage - 1],
                        **attention,
                    )
                    for _ in range(depths[stage - 1])
                )
                self.add_module(f"block{stage}", nn.ModuleList(layers))
            self.block4 = nn.ModuleList(
                _SoftmaxLayer(widths[3], heads[3], next(rates), dtype) for _ in range(depths[3])
            )
            self.norm = nn.LayerNorm(widths[3], eps=1e-6, dtype=dtype)
            self.cls_token = nn.Parameter(0.02 * torch.randn(1, 1, widths[3], dtype=dtype))
            self.head = nn.Linear(widths[3], num_classes, dtype=dtype) if num_classes else nn.Identity()
            for module in self.modules():
                if isinstance(module, nn.Linear):
                    nn.init.trunc_normal_(module.weight, std=0.02)
                    nn.init.zeros_(module.bias)
        self.to(device)

    def forward(self, images: Tensor) -> Tensor:
        """`B x num_classes`, or `B x width` features, of `B x in_channels x H x W` images.

        Raises:
            InvalidInputError: sides that 32 does not divide.
        """
        if images.ndim != 4 or images.shape[-2] % 32 or images.shape[-1] % 32:
            raise InvalidInputError(
                "images must be B x channels x H x W, with H and W multiples of 32; "
                f"given {tuple(images.shape)}"
            )
        field = images
        for stage in (1, 2, 3):
            field = self.get_submodule(f"patch_embed{stage}")(field)
            height, width = field.shape[-2:]
            tokens = field.flatten(2).mT + _resized(self.get_parameter(f"pos_embed{stage}"), height, width)
            for layer in self.get_submodule(f"block{stage}").children():
                tokens = layer(tokens, (height, width))
            field = tokens.mT.unflatten(-1, (height, width))
        field = self.get_submodule("patch_embed4")(field)
        positions = self.get_parameter("pos_embed4")
        tokens = field.flatten(2).mT + _resized(positions[:, 1:], *field.shape[-2:])
        first = (self.cls_token + positions[:, :1]).expand(len(tokens), -1, -1)
        tokens = torch.cat([first, tokens], dim=1)
        for layer in self.block4:
            tokens = layer(tokens)
        result: Tensor = self.head(self.norm(tokens)[:, 0])
        return result


def from_published_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The `state_dict` of a `SoftmaxFreeTransformer` from one of the released code."""
    renamed = {}
    for name, value in state.items():
        for published, ours in _PUBLISHED_NAMES.items():
            name = re.sub(published, ours, name)
        renamed[name] = value
    return renamed


class _SoftmaxLayer(nn.Module):
    """An ordinary pre-norm transformer layer; in training a sample may skip it (stochastic depth)."""

    def __init__(self, width: int, heads: int, drop_path: float, dtype: torch.dtype) -> None:
        super().__init__()
        self.heads, self.drop_path = heads, StochasticDepth(drop_path)
        self.norm1 = nn.LayerNorm(width, eps=1e-6, dtype=dtype)
        self.attn = nn.ModuleDict(
            {
                "q": nn.Linear(width, width, dtype=dtype),
                "kv": nn.Linear(width, 2 * width, dtype=dtype),
                "proj": nn.Linear(width, width, dtype=dtype),
            }
        )
        self.norm2 = nn.LayerNorm(width, eps=1e-6, dtype=dtype)
        self.mlp = nn.ModuleDict(
            {
                "fc1": nn.Linear(width, 4 * width, dtype=dtype),
                "fc2": nn.Linear(4 * width, width, dtype=dtype),
            }
        )

    def forward(self, tokens: Tensor) -> Tensor:
        normal = self.norm1(tokens)
        parts = torch.cat([self.attn["q"](normal), self.attn["kv"](normal)], dim=-1).chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        tokens = tokens + self.drop_path(self.attn["proj"](mixed))
        hidden = nn.functional.gelu(self.mlp["fc1"](self.norm2(tokens)))
        return tokens + self.drop_path(self.mlp["fc2"](hidden))


def _resized(table: Tensor, height: int, width: int) -> Tensor:
    """Positions of a square grid, bilinearly interpolated to another."""
    side = round(table.shape[1] ** 0.5)
    if (side, side) == (height, width):
        return table
    field = table.mT.unflatten(-1, (side, side))
    resized = nn.functional.interpolate(field, (height, width), mode="bilinear", align_corners=False)
    return resized.flatten(2).mT
