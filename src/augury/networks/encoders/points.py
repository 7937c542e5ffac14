"""Point clouds as images: views whose directions are learned."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError


@final
class PointViews(nn.Module):
    r"""Three parallel projections of a point cloud, each a channel of an image.

    The cloud is centred and scaled into the unit ball. View `v` puts a point at `A_v p`, and shares its mass
    `1 / P` among the four nearest places in proportion to nearness (bilinear), so that images are
    differentiable in the points and in the projections `A_v`, which are learned. They begin as the views
    along the three axes. Each image sums to 1.

    Source: Ding et al. (2024), "UniRepLKNet", which asks for a learned projection to three views; this one is
    our reading of it.

    Args:
        side: `S`, of the square images, at least 2.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        InvalidInputError: images of one place.
    """

    def __init__(
        self,
        side: int = 224,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        if side < 2:
            raise InvalidInputError(f"images of views have at least 2 x 2 places; given side={side}")
        self.side = side
        axes = torch.eye(3, device=device, dtype=dtype)
        self.projections = nn.Parameter(torch.stack([axes[[1, 2]], axes[[0, 2]], axes[[0, 1]]]))

    def forward(self, points: Tensor) -> Tensor:
        """`B x 3 x S x S` for `B x P x 3`, not changed by the order of the points.

        Points that a learned projection puts outside the image count at its border.

        Raises:
            InvalidInputError: points of another shape.
        """
        if points.dim() != 3 or points.shape[2] != 3 or points.shape[1] < 1:
            raise InvalidInputError(f"point clouds are B x P x 3; given {tuple(points.shape)}")
        centred = points - points.mean(1, keepdim=True)
        radius = torch.linalg.vector_norm(centred, dim=2, keepdim=True).amax(1, keepdim=True)
        centred = centred / radius.clamp(min=torch.finfo(points.dtype).tiny)
        plane = torch.einsum("bpi,vji->bvpj", centred, self.projections)
        place = ((plane + 1) * ((self.side - 1) / 2)).clamp(0, self.side - 1)
        corner = place.detach().floor().clamp(max=self.side - 2)
        inside = place - corner  # in [0, 1], of the two coordinates
        start = (corner[..., 0] * self.side + corner[..., 1]).long()
        image = points.new_zeros(*place.shape[:2], self.side**2)
        for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
            weight = (inside[..., 0] if down else 1 - inside[..., 0]) * (
                inside[..., 1] if right else 1 - inside[..., 1]
            )
            image = image.scatter_add(2, start + (down * self.side + right), weight / points.shape[1])
        return image.unflatten(2, (self.side, self.side))
