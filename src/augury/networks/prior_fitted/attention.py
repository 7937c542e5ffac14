"""Attention to a context: its keys and values are computed once, and queries never see each other."""

from __future__ import annotations

from math import sqrt
from typing import final

import torch
from torch import Tensor, nn

#: Distances (root mean square over inputs of the unit cube) at which the heads begin to look, smallest first.
_BANDWIDTHS = (0.04, 1.0)


@final
class ContextAttention(nn.Module):
    r"""Multi-head attention of tokens to context tokens, by likeness and by distance.

    .. math::
        a_{ij} \propto \exp\left(\frac{q_i \cdot k_j}{\sqrt{w}} - \frac{|z_i - z_j|^2}{2 \ell^2}\right)

    with a learnt `\ell` for each head. The second term makes a head a kernel smoother whose bandwidth is
    learnt; expanded, it is three more coordinates of queries and keys.

    Args:
        width: of the tokens.
        heads: number of heads; divides the width.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.queries = nn.Linear(width, width)
        self.keys_values = nn.Linear(width, 2 * width)
        self.output = nn.Linear(width, width)
        nn.init.zeros_(self.output.weight)  # each block begins as the identity
        nn.init.zeros_(self.output.bias)
        low, high = (torch.tensor(value).log() for value in _BANDWIDTHS)
        self.log_bandwidth = nn.Parameter(torch.linspace(float(low), float(high), heads))

    def project(self, tokens: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        """Keys (`B x heads x n x (w + D + 1)`) and values (`B x heads x n x w`).

        Args:
            tokens: `B x n x width`.
            z: `B x n x D` positions.
        """
        keys, values = (self._split(part) for part in self.keys_values(tokens).chunk(2, dim=-1))
        position, square = self._positions(z)
        return torch.cat([keys, position, -0.5 * square], dim=-1), values

    def forward(self, tokens: Tensor, z: Tensor, context: tuple[Tensor, Tensor], with_self: bool) -> Tensor:
        """`B x m x width` results for the tokens.

        Args:
            tokens: `B x m x width`.
            z: `B x m x D` positions.
            context: keys and values of the context rows, by `project`.
            with_self: whether each token attends to itself too; context tokens do so already.
        """
        keys, values = context
        queries = self._split(self.queries(tokens))
        queries = queries / sqrt(queries.shape[-1])
        position, square = self._positions(z)
        extended = torch.cat([queries, position, torch.ones_like(square)], dim=-1)
        logits = extended @ keys.mT
        if with_self:
            own_keys, own_values = self.project(tokens, z)
            own = (extended * own_keys).sum(-1, keepdim=True)
            # of a query's distance to the context, the constant -|z|^2 / 2 is left out; so it is of its own
            weights = torch.cat([logits, own], dim=-1).softmax(dim=-1)
            mixed = weights[..., :-1] @ values + weights[..., -1:] * own_values
        else:
            mixed = logits.softmax(dim=-1) @ values
        out: Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return out

    def _split(self, tokens: Tensor) -> Tensor:
        return tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def _positions(self, z: Tensor) -> tuple[Tensor, Tensor]:
        scaled = z.unsqueeze(1) / self.log_bandwidth.exp()[:, None, None]
        return scaled, scaled.square().sum(-1, keepdim=True)


@final
class ContextBlock(nn.Module):
    """Attention to the context, then two dense layers; each added to what it is given (pre-norm).

    Args:
        width: of the tokens.
        heads: of the attention.
        hidden: units between the two dense layers.
    """

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = ContextAttention(width, heads)
        self.dense_norm = nn.LayerNorm(width)
        last = nn.Linear(hidden, width)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.dense = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), last)

    def context(self, tokens: Tensor, z: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The context's tokens after the block (`B x n x width`), and its keys and values within it."""
        normal = self.attention_norm(tokens)
        pair = self.attention.project(normal, z)
        if tokens.shape[1]:
            tokens = tokens + self.attention(normal, z, pair, with_self=False)
            tokens = tokens + self.dense(self.dense_norm(tokens))
        return tokens, pair

    def forward(self, tokens: Tensor, z: Tensor, pair: tuple[Tensor, Tensor]) -> Tensor:
        """The queries' tokens after the block (`B x m x width`), given the context's keys and values."""
        tokens = tokens + self.attention(self.attention_norm(tokens), z, pair, with_self=True)
        return tokens + self.dense(self.dense_norm(tokens))
