"""Points of a space as the nodes of a manifold that they stand for."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError

#: Distances that are in memory at once.
_ENTRIES = 1 << 22


@final
class NodeEncoding(nn.Module):
    """The encoding of the nearest node: an encoder for kernels of eigenfields.

    With it `EncodedKernel(NodeEncoding(points, rows), ConnectionMaternKernel(values))` is a kernel of points,
    of the component of a vector field that the rows are of (`eigenmaps.ambient` in a direction). It is
    constant about each node, with gradient 0: for tables of candidates.

    Args:
        points: `n x d` nodes, in the units of the kernel's inputs.
        rows: `n x k` encodings.

    Raises:
        InvalidInputError: shapes that do not agree, or entries that are not finite.
    """

    points: Tensor
    rows: Tensor

    def __init__(self, points: Tensor, rows: Tensor) -> None:
        super().__init__()
        points, rows = (torch.as_tensor(values, dtype=torch.float64) for values in (points, rows))
        if points.dim() != 2 or rows.dim() != 2 or len(points) != len(rows) or not len(points):
            raise InvalidInputError(
                f"needs n x d points and n x k rows; given {tuple(points.shape)} and {tuple(rows.shape)}"
            )
        if not bool(torch.isfinite(points).all() and torch.isfinite(rows).all()):
            raise InvalidInputError("every entry of points and rows must be finite")
        self.register_buffer("points", points.clone())
        self.register_buffer("rows", rows.clone())

    def forward(self, X: Tensor) -> Tensor:
        """`... x n x k` encodings of points `... x n x d`."""
        if X.shape[-1] != self.points.shape[1]:
            raise InvalidInputError(
                f"nodes have {self.points.shape[1]} coordinates; given points of shape {tuple(X.shape)}"
            )
        flat = X.detach().reshape(-1, X.shape[-1]).to(self.points)
        block = max(_ENTRIES // len(self.points), 1)
        nearest = torch.cat([torch.cdist(part, self.points).argmin(dim=-1) for part in flat.split(block)])
        encoded = self.rows[nearest].reshape(*X.shape[:-1], -1)
        return encoded + 0.0 * X.sum(dim=-1, keepdim=True)  # which has the gradient 0, instead of none
