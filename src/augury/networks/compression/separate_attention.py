"""torch's multi-head attention with its four projections as layers of their own."""

from __future__ import annotations

from math import sqrt
from typing import final

import torch
from torch import Tensor, nn

from augury.errors import NotSupportedError
from augury.networks.compression.factorized import linear_of


@final
class SeparateAttention(nn.Module):
    """The function of an `nn.MultiheadAttention`, whose packed weights no other module can stand in for.

    It is called as that one, also by `nn.TransformerEncoderLayer`.

    Args:
        attention: whose weights it has.

    Raises:
        NotSupportedError: additional biases of keys and values, or an additional zero key.
    """

    #: torch's encoder layer reads these, and then does not look for packed weights.
    in_proj_bias = None
    _qkv_same_embed_dim = False

    def __init__(self, attention: nn.MultiheadAttention) -> None:
        super().__init__()
        if attention.bias_k is not None or attention.add_zero_attn:
            raise NotSupportedError("attention with add_bias_kv or add_zero_attn cannot be separated")
        self.num_heads, self.batch_first = attention.num_heads, attention.batch_first
        self.dropout = attention.dropout
        packed = attention.in_proj_weight
        if packed is None:
            weights = [attention.q_proj_weight, attention.k_proj_weight, attention.v_proj_weight]
        else:
            weights = list(packed.chunk(3))
        packed_bias = attention.in_proj_bias
        biases = [None] * 3 if packed_bias is None else list(packed_bias.chunk(3))
        self.query, self.key, self.value = (linear_of(w, b) for w, b in zip(weights, biases, strict=True))
        self.output = linear_of(attention.out_proj.weight, attention.out_proj.bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """As `nn.MultiheadAttention`: the result, and the weights of attention where they are needed."""
        single = query.ndim == 2
        if single:
            query, key, value = (part.unsqueeze(0) for part in (query, key, value))
            if key_padding_mask is not None:
                key_padding_mask = key_padding_mask.unsqueeze(0)
        elif not self.batch_first:
            query, key, value = (part.transpose(0, 1) for part in (query, key, value))
        Q, K, V = (
            projection(part).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for projection, part in ((self.query, query), (self.key, key), (self.value, value))
        )
        mask = _additive(attn_mask, Q)
        if mask is not None and mask.ndim == 3:
            mask = mask.unflatten(0, (-1, self.num_heads))
        padding = _additive(key_padding_mask, Q)
        if padding is not None:
            padding = padding[:, None, None]
            mask = padding if mask is None else mask + padding
        weights = None
        dropout = self.dropout if self.training else 0.0
        if need_weights:
            scores = Q @ K.mT / sqrt(Q.shape[-1])
            weights = (scores if mask is None else scores + mask).softmax(-1)
            weights = nn.functional.dropout(weights, dropout)
            mixed = weights @ V
            if average_attn_weights:
                weights = weights.mean(1)
        else:
            mixed = nn.functional.scaled_dot_product_attention(Q, K, V, mask, dropout)
        result = self.output(mixed.transpose(1, 2).flatten(2))
        if single:
            return result[0], None if weights is None else weights[0]
        return (result if self.batch_first else result.transpose(0, 1)), weights


def _additive(mask: Tensor | None, like: Tensor) -> Tensor | None:
    """A mask as what is added to scores; of a boolean one, what is True is left out."""
    if mask is None or mask.dtype != torch.bool:
        return mask
    return torch.zeros_like(mask, dtype=like.dtype).masked_fill(mask, -torch.inf)
