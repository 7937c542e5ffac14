"""Where the rows of a drawn data set lie: uniform numbers, levels, categories; and warped axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class InputSampler(Protocol):
    """Draws inputs in the unit cube."""

    def __call__(self, batch: int, rows: int, dim: int, generator: torch.Generator) -> Tensor:
        """`batch x rows x dim`, float64."""


@dataclass(frozen=True)
class UniformInputs:
    """Independent uniform numbers."""

    def __call__(self, batch: int, rows: int, dim: int, generator: torch.Generator) -> Tensor:
        return torch.rand(batch, rows, dim, dtype=torch.float64, generator=generator)


@dataclass(frozen=True)
class MixedInputs:
    """Numbers, ordered levels and one-hot categories, as a study's space encodes them for a network.

    Args:
        share: of the data sets that have columns which are not plain numbers.
        max_levels: of a column of ordered levels, at least 2.
    """

    share: float = 0.4
    max_levels: int = 6

    def __call__(self, batch: int, rows: int, dim: int, generator: torch.Generator) -> Tensor:
        def uniform(*shape: int) -> Tensor:
            return torch.rand(shape, dtype=torch.float64, generator=generator)

        X = uniform(batch, rows, dim)
        mixed = uniform(batch, 1) < self.share
        levels = 2.0 + (uniform(batch, dim) * (self.max_levels - 1)).floor()
        stepped = (X * levels.unsqueeze(1)).floor() / (levels - 1.0).unsqueeze(1)
        X = torch.where((mixed & (uniform(batch, dim) < 0.4)).unsqueeze(1), stepped, X)
        if dim > 1:
            X = self._with_category(X, mixed[:, 0] & (uniform(batch) < 0.5), uniform)
        return X

    def _with_category(self, X: Tensor, chosen: Tensor, uniform: _Uniform) -> Tensor:
        """The first columns of some data sets made the one-hot code of one category."""
        batch, rows, dim = X.shape
        size = 2 + (uniform(batch) * (min(self.max_levels, dim) - 1)).floor().long()
        code = (uniform(batch, rows) * size.unsqueeze(1)).floor()
        columns = torch.arange(dim)
        hot = (code.unsqueeze(-1) == columns).to(X.dtype)
        within = chosen[:, None] & (columns < size.unsqueeze(1))
        return torch.where(within.unsqueeze(1), hot, X)


@dataclass(frozen=True)
class CorrelatedInputs:
    """Normal numbers that share few factors, as the columns of a real table do, in some of the data sets.

    Their mean is 1/2 and their deviation that of a uniform number of the unit interval.

    Args:
        other: the law of the inputs of the other data sets.
        share: of the data sets whose inputs are correlated.
        factors: the largest number of common factors.
    """

    other: InputSampler
    share: float = 0.6
    factors: int = 5

    def __call__(self, batch: int, rows: int, dim: int, generator: torch.Generator) -> Tensor:
        def normal(*shape: int) -> Tensor:
            return torch.randn(shape, dtype=torch.float64, generator=generator)

        X = self.other(batch, rows, dim, generator)
        chosen, common, count = torch.rand(3, batch, 1, 1, dtype=torch.float64, generator=generator)
        kept = torch.arange(self.factors) < 1.0 + (count * self.factors).floor()
        loadings = normal(batch, self.factors, dim) * kept.mT
        loadings = loadings / loadings.square().sum(1, keepdim=True).sqrt().clamp_min(1e-9)
        shared = normal(batch, rows, self.factors) @ loadings
        numbers = common.sqrt() * shared + (1.0 - common).sqrt() * normal(batch, rows, dim)
        return torch.where(chosen < self.share, 0.5 + numbers / 12.0**0.5, X)


class _Uniform(Protocol):
    def __call__(self, *shape: int) -> Tensor: ...


@dataclass(frozen=True)
class KumaraswamyWarping:
    r"""A monotone change of each axis, `1 - (1 - x^a)^b`, before the function sees it.

    Args:
        share: of the data sets that are warped.
        spread: standard deviation of `log a` and `log b`.

    Source: Snoek et al., "Input warping for Bayesian optimization of non-stationary functions", ICML 2014
    (there with the beta distribution's function).
    """

    share: float = 0.3
    spread: float = 0.5

    def __call__(self, X: Tensor, generator: torch.Generator) -> Tensor:
        """The warped inputs, `B x rows x d` as `X`."""
        batch, _, dim = X.shape
        normal = torch.randn(2, batch, 1, dim, dtype=X.dtype, generator=generator)
        chosen = torch.rand(batch, 1, 1, generator=generator) < self.share
        a, b = torch.where(chosen, self.spread * normal, 0.0).exp()
        return 1.0 - (1.0 - X.clamp(0.0, 1.0) ** a) ** b
