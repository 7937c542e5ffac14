"""A transformer over the layers of a design."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.hardware.encoding import NUM_FEATURES


@final
class LayerTransformer(nn.Module):
    """Layers, embedded with their positions, attend to each other; a learned token reads the design.

    Linear embedding plus learned positions plus a learned first token, post-norm encoder layers under the
    mask, a linear head on the token. Each encoder layer starts with weights of its own
    (`nn.TransformerEncoder` alone copies the first). There is no dropout: ensembles of it regularise.

    Args:
        num_outputs: numbers predicted for a design.
        max_layers: the longest design.
        d_model: width; a multiple of `num_heads`.
        num_heads: attention heads.
        num_blocks: encoder layers.
        d_in: features of a layer.

    Raises:
        InvalidInputError: a width that is no multiple of the heads.

    Source: Hawks et al., "wa-hls4ml", arXiv 2511.05615 (2025); there d_model is 512, with 8 heads, 2 layers.
    """

    def __init__(
        self,
        num_outputs: int,
        *,
        max_layers: int,
        d_model: int = 32,
        num_heads: int = 4,
        num_blocks: int = 2,
        d_in: int = NUM_FEATURES,
    ) -> None:
        super().__init__()
        if d_model % num_heads:
            raise InvalidInputError(f"d_model is a multiple of num_heads; given {d_model} and {num_heads}")
        self.embedding = nn.Linear(d_in, d_model)
        self.positions = nn.Parameter(0.02 * torch.randn(max_layers + 1, d_model))
        self.token = nn.Parameter(0.02 * torch.randn(d_model))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(d_model, num_heads, d_model, dropout=0.0, batch_first=True)
            for _ in range(num_blocks)
        )
        self.head = nn.Linear(d_model, num_outputs)

    def forward(self, features: Tensor, mask: Tensor, whole: Tensor) -> Tensor:
        """Outputs for designs.

        Args:
            features: `b x L x d_in`.
            mask: `b x L`, true where there is a layer.
            whole: `b x 4`, not read: as in the published network.

        Returns:
            `b x num_outputs`.
        """
        layers = self.embedding(features)
        tokens = torch.cat([self.token.expand(len(layers), 1, -1), layers], dim=1)
        tokens = tokens + self.positions[: tokens.shape[1]]
        padding = torch.cat([torch.zeros_like(mask[:, :1]), ~mask], dim=1)
        for block in self.blocks:
            tokens = block(tokens, src_key_padding_mask=padding)
        outputs: Tensor = self.head(tokens[:, 0])
        return outputs
