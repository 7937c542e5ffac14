"""A graph attention network over the layers of a design."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import elu, leaky_relu, relu

from augury.hardware.encoding import NUM_FEATURES, NUM_GLOBALS


class GraphAttention(nn.Module):
    r"""GATv2 on nodes of few neighbours, its heads concatenated.

    .. math::
        h_i = \sum_j \alpha_{ij} W_s x_j, \qquad
        \alpha_{ij} = \operatorname{softmax}_j\, a^\top \operatorname{LeakyReLU}(W_s x_j + W_t x_i)

    Args:
        d_in: features of a node.
        d_out: features of a node after, of each head.
        num_heads: attention heads.

    Source: Brody, Alon and Yahav, "How attentive are graph attention networks?", ICLR 2022, equation 7.
    """

    def __init__(self, d_in: int, d_out: int, num_heads: int) -> None:
        super().__init__()
        self.source = nn.Linear(d_in, num_heads * d_out)
        self.target = nn.Linear(d_in, num_heads * d_out)
        self.attention = nn.Parameter(torch.randn(num_heads, d_out) / d_out**0.5)

    def forward(self, X: Tensor, neighbours: Tensor, heard: Tensor) -> Tensor:
        """Nodes after, `b x L x num_heads d_out`.

        Args:
            X: `b x L x d_in` nodes.
            neighbours: `L x k`, the nodes that a node hears.
            heard: `L x k`, false where there is no such neighbour.
        """
        heads = (len(self.attention), -1)
        source, target = self.source(X).unflatten(-1, heads), self.target(X).unflatten(-1, heads)
        source = source[:, neighbours]
        pairs = leaky_relu(source + target.unsqueeze(2), 0.2)
        logits = (pairs * self.attention).sum(dim=-1).masked_fill(~heard.unsqueeze(-1), -torch.inf)
        return (logits.softmax(dim=2).unsqueeze(-1) * source).sum(dim=2).flatten(-2)


@final
class LayerGraphNetwork(nn.Module):
    """Layers hear themselves and the one before them, block after block; their pool reads the design.

    Each block: attention, normalisation, ELU, and the block's input added (projected in the first). The pool
    is a learned mixture of sum, mean and maximum (the sum knows the depth); with the design's own features
    it goes through a head of two layers. There is no dropout: ensembles of it regularise.

    Args:
        num_outputs: numbers predicted for a design.
        hidden: features of each head.
        num_heads: attention heads.
        num_blocks: how far a layer is heard.
        d_in: features of a layer.
        num_globals: features of a design.

    Source: Hawks et al., "wa-hls4ml", arXiv 2511.05615 (2025); there 5 blocks of 5 heads, hidden 512.
    """

    def __init__(
        self,
        num_outputs: int,
        *,
        hidden: int = 16,
        num_heads: int = 4,
        num_blocks: int = 3,
        d_in: int = NUM_FEATURES,
        num_globals: int = NUM_GLOBALS,
    ) -> None:
        super().__init__()
        wide = hidden * num_heads
        self.projection = nn.Linear(d_in, wide)
        self.attentions = nn.ModuleList(
            GraphAttention(wide if block else d_in, hidden, num_heads) for block in range(num_blocks)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(wide) for _ in range(num_blocks))
        self.pooling = nn.Parameter(torch.zeros(3))
        self.first = nn.Linear(wide + num_globals, wide)
        self.head_norm = nn.LayerNorm(wide)
        self.head = nn.Linear(wide, num_outputs)

    def forward(self, features: Tensor, mask: Tensor, whole: Tensor) -> Tensor:
        """Outputs for designs.

        Args:
            features: `b x L x d_in`.
            mask: `b x L`, true where there is a layer.
            whole: `b x num_globals`.

        Returns:
            `b x num_outputs`.
        """
        neighbours, heard = _chain(features.shape[1])
        nodes, kept = features, self.projection(features)
        for attention, norm in zip(self.attentions, self.norms, strict=True):
            nodes = kept = elu(norm(attention(nodes, neighbours, heard))) + kept
        there = mask.unsqueeze(-1)
        total = torch.where(there, nodes, 0.0).sum(dim=1)
        pools = (total, total / there.sum(dim=1), torch.where(there, nodes, -torch.inf).amax(dim=1))
        weights = self.pooling.softmax(dim=0)
        pooled = torch.stack(pools, dim=-1) @ weights
        read = relu(self.head_norm(self.first(torch.cat([pooled, whole], dim=-1))))
        outputs: Tensor = self.head(read)
        return outputs


def _chain(length: int) -> tuple[Tensor, Tensor]:
    """`L x 2` each: a node hears itself and, but for the first, its predecessor."""
    nodes = torch.arange(length)
    neighbours = torch.stack([nodes, (nodes - 1).clamp(min=0)], dim=1)
    return neighbours, torch.stack([nodes >= 0, nodes > 0], dim=1)
