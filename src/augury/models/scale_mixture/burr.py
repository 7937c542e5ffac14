"""The Burr type XII distribution for torch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints


class BurrXII(Distribution):
    r"""Burr type XII on the positive numbers, with tails of any weight.

    .. math::
        p(s) = c k\, s^{c-1} (1 + s^c)^{-k-1}, \qquad F(s) = 1 - (1 + s^c)^{-k}

    Args:
        c: first shape, positive.
        k: second shape, positive; the tail is `s^{-c k - 1}`.
        validate_args: as in torch.

    Source: Burr, "Cumulative frequency functions", Annals of Mathematical Statistics 13 (1942), type XII.
    """

    arg_constraints = {"c": constraints.positive, "k": constraints.positive}  # noqa: RUF012 (torch's form)
    support = constraints.positive

    def __init__(self, c: Tensor | float, k: Tensor | float, validate_args: bool | None = None) -> None:
        shapes = (torch.as_tensor(shape, dtype=torch.float64) for shape in (c, k))
        self.c, self.k = torch.broadcast_tensors(*shapes)
        super().__init__(self.c.shape, validate_args=validate_args)

    def expand(self, batch_shape: torch.Size | list[int] | tuple[int, ...], _instance: Any = None) -> BurrXII:
        return BurrXII(self.c.expand(batch_shape), self.k.expand(batch_shape), validate_args=False)

    @property
    def mean(self) -> Tensor:
        """`k B(k - 1/c, 1 + 1/c)`; infinite where `c k <= 1`."""
        inverse = 1.0 / self.c
        first = (self.k - inverse).clamp_min(1e-300)
        log_beta = torch.lgamma(first) + torch.lgamma(1.0 + inverse) - torch.lgamma(1.0 + self.k)
        return torch.where(self.c * self.k > 1.0, self.k * log_beta.exp(), torch.inf)

    def sample(self, sample_shape: torch.Size | list[int] | tuple[int, ...] = ()) -> Tensor:
        shape = self._extended_shape(torch.Size(sample_shape))
        return self.icdf(torch.rand(shape, dtype=self.c.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        power = self.c * value.log()
        constant = self.c.log() + self.k.log() - value.log()
        return constant + power - (self.k + 1.0) * torch.nn.functional.softplus(power)

    def cdf(self, value: Tensor) -> Tensor:
        return -torch.expm1(-self.k * torch.nn.functional.softplus(self.c * value.log()))

    def icdf(self, value: Tensor) -> Tensor:
        return torch.expm1(-torch.log1p(-value) / self.k) ** (1.0 / self.c)
