"""Kernels of Gram matrices: covariances that depend on two inputs through their inner products only."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import exp, log
from typing import cast, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.kernels.arc_cosine import arc_cosine, arc_cosine_slope


class GramKernel(nn.Module, ABC):
    """`k(g_ab, g_aa, g_bb)`: the covariance of two features given their inner products; `+` adds."""

    def forward(self, cross: Tensor, left: Tensor, right: Tensor) -> Tensor:
        """The covariances of two sets of features.

        Args:
            cross: `... x a x b` inner products.
            left: `... x a` squared norms of the first.
            right: `... x b` of the second.
        """
        return self.of(cross, left.unsqueeze(-1), right.unsqueeze(-2))

    @abstractmethod
    def of(self, cross: Tensor, left: Tensor, right: Tensor) -> Tensor:
        """The same by entries: tensors that broadcast."""

    @abstractmethod
    def variance(self, square: Tensor) -> Tensor:
        """The variances of features of these squared norms."""

    def __add__(self, other: GramKernel) -> SumGram:
        return SumGram(self, other)


@final
class RBFGram(GramKernel):
    r"""`exp(-(g_{aa} - 2 g_{ab} + g_{bb}) / 2 \ell^2)`: the squared exponential of the features' distance.

    Args:
        lengthscale: at first; learnt.

    Raises:
        InvalidInputError: it is not positive.
    """

    def __init__(self, lengthscale: float = 1.0) -> None:
        super().__init__()
        self.raw_lengthscale = _positive("lengthscale", lengthscale)

    @property
    def lengthscale(self) -> Tensor:
        """A positive number."""
        return self.raw_lengthscale.exp()

    def of(self, cross: Tensor, left: Tensor, right: Tensor) -> Tensor:
        """See `GramKernel.of`."""
        squared = (left + right - 2.0 * cross).clamp_min(0.0)
        return torch.exp(-0.5 * squared / self.lengthscale.square())

    def variance(self, square: Tensor) -> Tensor:
        """One, whatever the norm."""
        return torch.ones_like(square)


@final
class ArcCosineGram(GramKernel):
    r"""That of a wide layer of step (order 0) or ReLU units (order 1), scaled so that ReLU keeps variances.

    .. math::
        \kappa_n(c) \sqrt{v_a v_b}^{\,n}, \qquad c = \frac{w g_{ab} + b}{\sqrt{v_a v_b}}, \quad v = w g + b

    Source: Cho and Saul, "Kernel methods for deep learning", NeurIPS 2009.

    Args:
        order: 0 or 1.
        weight_variance: `w` at first; learnt.
        bias_variance: `b` at first; learnt.

    Raises:
        InvalidInputError: another order, or a variance that is not positive.
    """

    def __init__(self, order: int = 1, weight_variance: float = 1.0, bias_variance: float = 0.1) -> None:
        super().__init__()
        if order not in (0, 1):
            raise InvalidInputError(f"order must be 0 or 1; given {order!r}")
        self.order = order
        self.raw_weight_variance = _positive("weight_variance", weight_variance)
        self.raw_bias_variance = _positive("bias_variance", bias_variance)

    @property
    def weight_variance(self) -> Tensor:
        """`w`."""
        return self.raw_weight_variance.exp()

    @property
    def bias_variance(self) -> Tensor:
        """`b`."""
        return self.raw_bias_variance.exp()

    def of(self, cross: Tensor, left: Tensor, right: Tensor) -> Tensor:
        """See `GramKernel.of`."""
        cross, left, right = (self._layer(g) for g in (cross, left, right))
        norm = (left * right).sqrt()
        cosine = (cross / norm).clamp(-1.0, 1.0)
        return norm * arc_cosine(cosine) if self.order == 1 else arc_cosine_slope(cosine)

    def variance(self, square: Tensor) -> Tensor:
        """`w g + b` by ReLU units, one by steps."""
        return self._layer(square) if self.order == 1 else torch.ones_like(square)

    def _layer(self, g: Tensor) -> Tensor:
        return self.weight_variance * g + self.bias_variance


@final
class LinearGram(GramKernel):
    """The inner products themselves."""

    def of(self, cross: Tensor, left: Tensor, right: Tensor) -> Tensor:
        """See `GramKernel.of`."""
        return cross

    def variance(self, square: Tensor) -> Tensor:
        """The squared norm."""
        return square


@final
class SumGram(GramKernel):
    """The sum of Gram kernels, each times a learnt variance.

    Args:
        parts: two or more.
    """

    def __init__(self, *parts: GramKernel) -> None:
        super().__init__()
        self._parts = nn.ModuleList(parts)
        self.raw_variances = nn.Parameter(torch.zeros(len(parts), dtype=torch.float64))

    @property
    def parts(self) -> list[GramKernel]:
        """In their order."""
        return [cast(GramKernel, part) for part in self._parts]

    def of(self, cross: Tensor, left: Tensor, right: Tensor) -> Tensor:
        """See `GramKernel.of`."""
        return self._sum([part.of(cross, left, right) for part in self.parts])

    def variance(self, square: Tensor) -> Tensor:
        """The sum of theirs."""
        return self._sum([part.variance(square) for part in self.parts])

    def _sum(self, terms: list[Tensor]) -> Tensor:
        total = torch.zeros((), dtype=torch.float64)
        for variance, term in zip(self.raw_variances.exp(), terms, strict=True):
            total = total + variance * term
        return total


def _positive(name: str, value: float) -> nn.Parameter:
    value = float(value)
    if not exp(-30.0) < value < exp(30.0):
        raise InvalidInputError(f"{name} must be positive and finite; given {value!r}")
    return nn.Parameter(torch.tensor(log(value), dtype=torch.float64))
