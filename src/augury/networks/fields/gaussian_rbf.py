"""A layer of radial basis functions with learnt centres and scales."""

from __future__ import annotations

from math import sqrt
from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.fields.radial_basis import RADIAL_BASES

_CENTRES = 1e-4  # half the width of the released code's first centres
_LARGEST_LOG_SCALE = 10.0
_KMEANS_ROWS = 10_000


@final
class GaussianRBFLayer(nn.Module):
    r"""An expansion in `N` kernels with centres and scales of their own, and a linear map.

    .. math::
        D_n(f) = \sum_j \beta_{nj} (f_j - c_{nj})^2, \qquad h_n = \phi(D_n), \qquad y = A h + a

    with `phi(D) = exp(-D / 2)`: each `h_n` is GPyTorch's `RBFKernel` between `f` and a centre, with the
    lengthscales `beta_n^{-1/2}`. Two products of matrices, no array of rows x centres x features.

    Source: Bouzidi, Laga, Wannous and Sohel (2025), GNF: Gaussian neural fields.

    Args:
        in_features: `F`.
        out_features: number of outputs.
        n_centers: `N`.
        basis: a name of `RADIAL_BASES`.
        init: "scaled" (centres of the standard normal law, `beta = 1 / F`: all kernels reach features of
            variance 1) or "reference" (the released code's: all centres at zero but for 1e-4, `beta = 1`, so
            that many features leave kernels of which each is almost 0).
        seed: of the initial weights.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        InvalidInputError: numbers below 1, or an unknown name.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        n_centers: int = 64,
        basis: str = "gaussian",
        init: str = "scaled",
        *,
        seed: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        if min(in_features, out_features, n_centers) < 1:
            raise InvalidInputError(
                f"features and centres must be at least 1; given {in_features}, {out_features}, {n_centers}"
            )
        if basis not in RADIAL_BASES:
            raise InvalidInputError(
                f"basis must be one of {', '.join(map(repr, RADIAL_BASES))}; given {basis!r}"
            )
        if init not in ("scaled", "reference"):
            raise InvalidInputError(f"init must be 'scaled' or 'reference'; given {init!r}")
        self.in_features, self.out_features, self.n_centers, self.basis = (
            in_features,
            out_features,
            n_centers,
            basis,
        )
        generator = torch.Generator().manual_seed(seed)
        shape = (n_centers, in_features)
        if init == "scaled":
            centres = torch.randn(shape, generator=generator, dtype=dtype)
            log_scales = torch.full(shape, -float(np.log(in_features)), dtype=dtype)
        else:
            centres = _CENTRES * (2.0 * torch.rand(shape, generator=generator, dtype=dtype) - 1.0)
            log_scales = torch.zeros(shape, dtype=dtype)
        self.centers, self.log_scales = nn.Parameter(centres), nn.Parameter(log_scales)
        self.linear = nn.utils.skip_init(nn.Linear, n_centers, out_features, dtype=dtype)
        with torch.no_grad():  # torch's own initial law, from a generator
            for parameter in (self.linear.weight, self.linear.bias):
                parameter.uniform_(-1.0 / sqrt(n_centers), 1.0 / sqrt(n_centers), generator=generator)
        self.to(device)

    def features(self, f: Tensor) -> Tensor:
        """`... x N` values of the kernels at `... x F`."""
        scales = self.log_scales.clamp(-_LARGEST_LOG_SCALE, _LARGEST_LOG_SCALE).exp()
        scaled = scales * self.centers
        squares = f.square() @ scales.mT - 2.0 * f @ scaled.mT + (scaled * self.centers).sum(-1)
        return RADIAL_BASES[self.basis](squares.clamp_min(0.0))  # rounding can make them negative

    def forward(self, f: Tensor) -> Tensor:
        """`... x out_features` for `... x F`."""
        result: Tensor = self.linear(self.features(f))
        return result

    @torch.no_grad()
    def centre_on_(self, f: Tensor, seed: int = 0) -> None:
        """Place the centres at the clusters (k-means) of features, with scales of the clusters' spread.

        Args:
            f: `n x F`, at least as many rows as centres; of many, 10,000 are drawn.
            seed: of the draw and of the clustering, 0 or more.

        Raises:
            InvalidInputError: fewer rows than centres, or another width.
        """
        from sklearn.cluster import KMeans

        if f.ndim != 2 or f.shape[1] != self.in_features or len(f) < self.n_centers:
            raise InvalidInputError(
                f"needs n x {self.in_features} features of n >= {self.n_centers} rows; given {tuple(f.shape)}"
            )
        rows = f.detach().cpu().double().numpy()
        if len(rows) > _KMEANS_ROWS:
            rows = rows[np.random.default_rng(seed).choice(len(rows), _KMEANS_ROWS, replace=False)]
        found = KMeans(self.n_centers, n_init=1, random_state=seed % 2**32).fit(rows)
        spread = np.square(rows - found.cluster_centers_[found.labels_]).mean() + np.finfo(float).tiny
        self.centers.copy_(torch.from_numpy(found.cluster_centers_))
        self.log_scales.fill_(-float(np.log(self.in_features * spread)))
