"""The multivariate Student-t distribution for torch."""

from __future__ import annotations

from math import log, pi
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Chi2, Distribution, constraints


class MultivariateStudentT(Distribution):
    r"""Multivariate Student-t: one scale shared by all coordinates.

    .. math::
        y = m + L z \sqrt{\nu / g}, \quad z \sim \mathcal N(0, I), \; g \sim \chi^2_\nu, \qquad
        \log p(y) = \log \frac{\Gamma(\frac{\nu + p}2)}{\Gamma(\frac\nu2)} - \tfrac p2 \log \nu\pi
        - \log |L| - \tfrac{\nu + p}2 \log\Big(1 + \tfrac1\nu \|L^{-1}(y - m)\|^2\Big)

    Coordinates are dependent even where `L L^T` is diagonal: a draw has one `g`.

    Args:
        df: degrees of freedom `nu > 0`, `batch_shape`.
        loc: `batch_shape x p`.
        scale_tril: `batch_shape x p x p` lower-triangular `L`; the covariance is `nu / (nu - 2) L L^T`.
        validate_args: as in torch.

    Source: Kotz and Nadarajah, "Multivariate t distributions and their applications" (2004), eq. 1.1.
    """

    arg_constraints = {  # noqa: RUF012 (torch's own form)
        "df": constraints.positive,
        "loc": constraints.real_vector,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self, df: Tensor | float, loc: Tensor, scale_tril: Tensor, validate_args: bool | None = None
    ) -> None:
        self.df = torch.as_tensor(df, dtype=loc.dtype, device=loc.device)
        batch = torch.broadcast_shapes(self.df.shape, loc.shape[:-1], scale_tril.shape[:-2])
        p = loc.shape[-1]
        self.df = self.df.expand(batch)
        self.loc = loc.expand(*batch, p)
        self.scale_tril = scale_tril.expand(*batch, p, p)
        super().__init__(batch, torch.Size([p]), validate_args=validate_args)

    def expand(
        self, batch_shape: torch.Size | list[int] | tuple[int, ...], _instance: Any = None
    ) -> MultivariateStudentT:
        batch = torch.Size(batch_shape)
        p = self.event_shape[0]
        return MultivariateStudentT(
            self.df.expand(batch),
            self.loc.expand(*batch, p),
            self.scale_tril.expand(*batch, p, p),
            validate_args=False,
        )

    @property
    def mean(self) -> Tensor:
        """The location; NaN where `df <= 1`, which has no mean."""
        return torch.where((self.df > 1.0).unsqueeze(-1), self.loc, torch.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The variances; infinite where `df <= 2`."""
        return self.scale_tril.square().sum(-1) * self._inflation.unsqueeze(-1)

    @property
    def covariance_matrix(self) -> Tensor:
        """`nu / (nu - 2) L L^T`; infinite where `df <= 2`."""
        return self.scale_tril @ self.scale_tril.transpose(-1, -2) * self._inflation[..., None, None]

    @property
    def _inflation(self) -> Tensor:
        return torch.where(self.df > 2.0, self.df / (self.df - 2.0), torch.inf)

    def rsample(self, sample_shape: torch.Size | list[int] | tuple[int, ...] = ()) -> Tensor:
        shape = self._extended_shape(torch.Size(sample_shape))
        normal = torch.randn(shape, dtype=self.loc.dtype, device=self.loc.device)
        g = Chi2(self.df).rsample(torch.Size(sample_shape))
        spread = (self.scale_tril @ normal.unsqueeze(-1)).squeeze(-1)
        return self.loc + spread * (self.df / g).sqrt().unsqueeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        p, df = self.event_shape[0], self.df
        residual = (value - self.loc).unsqueeze(-1)
        whitened = torch.linalg.solve_triangular(self.scale_tril, residual, upper=False).squeeze(-1)
        constant = torch.lgamma(0.5 * (df + p)) - torch.lgamma(0.5 * df) - 0.5 * p * (df.log() + log(pi))
        log_determinant = self.scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        return constant - log_determinant - 0.5 * (df + p) * torch.log1p(whitened.square().sum(-1) / df)
