"""The covariance of sources of information that are points of a latent space, learnt or given."""

from __future__ import annotations

from typing import Any, final

import torch
from gpytorch.kernels import Kernel
from gpytorch.priors import NormalPrior
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.kernels.ar1 import split_level

#: Standard deviation of a learnt coordinate: sources 3 apart correlate by 0.01.
_SPREAD = 1.5
#: How far apart the sources begin: correlations of 0.8 between neighbours.
_FIRST_DISTANCE = 0.7


@final
class LatentSourceKernel(Kernel):
    r"""A covariance of inputs, times one that falls with the distance of the sources in a latent space.

    .. math::
        \operatorname{cov}(f_s(x), f_t(x')) = k(x, x')\, e^{-\|z_s - z_t\|^2 / 2} + v\, [s = t]

    Source 0 is the origin, `z_0 = 0`; the others' positions are learnt, with independent normal priors, or
    given. Given the numbers of a fidelity over its lengthscale, this is the squared exponential covariance
    with that fidelity as one more input.

    Source: Zhang, Tao, Chen and Apley (2020), "A latent variable approach to Gaussian process modeling with
    qualitative and quantitative factors"; Eweis-Labolle, Oune and Bostanabad (2022), "Data fusion with latent
    map Gaussian processes", for sources of information.

    Args:
        base_kernel: of the inputs without the column of sources.
        num_sources: number of sources.
        latent_dim: coordinates of the latent space.
        source_dim: the column that holds the source, an integer of 0 to `num_sources - 1`.
        shift_variance: the `v` above, the variance of a constant of each source; 0 for none.
        latents: `num_sources x q` positions, which are then not learnt, in units of the kernel's distance.

    Raises:
        InvalidInputError: positions of another number of sources or that are not finite, or no coordinates.
    """

    raw_latents: Tensor

    def __init__(
        self,
        base_kernel: Kernel,
        num_sources: int,
        latent_dim: int = 2,
        source_dim: int = -1,
        shift_variance: float = 0.0,
        latents: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.base_kernel = base_kernel
        self.num_sources, self.source_dim, self.shift_variance = num_sources, source_dim, shift_variance
        if latents is not None:
            latents = torch.as_tensor(latents, dtype=torch.float64)
            self._check(latents)
            self.register_buffer("given", latents.clone())
            return
        if latent_dim < 1:
            raise InvalidInputError(f"latent_dim must be at least 1; given {latent_dim}")
        self.given = None
        first = torch.zeros(num_sources - 1, latent_dim, dtype=torch.float64)
        for source in range(num_sources - 1):  # the same for every seed: on the axes, further out each round
            first[source, source % latent_dim] = _FIRST_DISTANCE * (1 + source // latent_dim)
        self.register_parameter("raw_latents", nn.Parameter(first))
        self.register_prior(
            "latents_prior",
            NormalPrior(torch.zeros(()).double(), torch.tensor(_SPREAD).double()),
            lambda kernel: kernel.raw_latents,
        )

    def _check(self, latents: Tensor) -> None:
        if latents.dim() != 2 or len(latents) != self.num_sources or not bool(torch.isfinite(latents).all()):
            raise InvalidInputError(
                f"latents must be finite positions of all {self.num_sources} sources, one row each; given "
                f"shape {tuple(latents.shape)}"
            )

    @property
    def latents(self) -> Tensor:
        """`num_sources x q`: the positions."""
        if self.given is not None:
            return self.given
        return torch.cat([self.raw_latents.new_zeros(1, self.raw_latents.shape[-1]), self.raw_latents])

    @property
    def source_correlation(self) -> Tensor:
        """`num_sources x num_sources`: the correlations `exp(-|z_s - z_t|^2 / 2)`."""
        z = self.latents
        squared = (z.unsqueeze(-2) - z.unsqueeze(-3)).square().sum(dim=-1)
        return torch.exp(-0.5 * squared)

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:
        """`... x n1 x n2`, or `... x n` with `diag`.

        Raises:
            InvalidInputError: a source that is none of `0, ..., num_sources - 1`.
        """
        (inputs1, one), (inputs2, two) = (
            split_level(x, self.source_dim, self.num_sources, "source") for x in (x1, x2)
        )
        if diag:
            covariance = self.base_kernel(inputs1, inputs2, diag=True, **params)
        else:
            one, two = one.unsqueeze(-1), two.unsqueeze(-2)
            covariance = self.base_kernel(inputs1, inputs2, **params).to_dense()
        correlation = self.source_correlation[one, two]
        return correlation * covariance + self.shift_variance * (one == two)
