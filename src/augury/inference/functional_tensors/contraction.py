"""How the latent functions of all modes make one value: with a core (Tucker), or by components (CP)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError

#: The core of a Tucker form has at most this many entries; its covariance their square.
_LARGEST_CORE = 2_000

Moments = Sequence[tuple[Tensor, Tensor]]


class Contraction(ABC):
    """A multilinear function of one vector per mode, whose posterior is a product over modes.

    `Moments` are of each mode the mean (`n x R_k`) and second moment (`n x R_k x R_k`) at `n` entries.
    """

    #: How many numbers an entry takes in the largest intermediate result.
    entry_size: int

    @abstractmethod
    def coefficients(self, mode: int, moments: Moments) -> tuple[Tensor, Tensor]:
        """Mean (`n x R_k`) and second moment of what multiplies the vector of `mode` in the value."""

    @abstractmethod
    def value(self, moments: Moments) -> tuple[Tensor, Tensor]:
        """Mean and second moment of the value at each entry (`n` each)."""

    def update(self, parts: Iterable[tuple[Moments, Tensor, Tensor]], damping: float) -> None:
        """Learn what the contraction has of its own.

        Args:
            parts: of blocks of entries: moments, noise precisions (`n`) and outcomes (`n`).
            damping: the share of the natural parameters that stays.
        """
        return

    @property
    def divergence(self) -> float:
        """The Kullback-Leibler divergence of its own posterior from its prior."""
        return 0.0

    def state(self) -> dict[str, Tensor]:
        """What has been learnt."""
        return {}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over a `state`."""
        return


@final
class CP(Contraction):
    r"""Canonical polyadic form: :math:`f = \sum_r \prod_k z^k_r`.

    Args:
        ranks: the same for all modes.

    Raises:
        InvalidInputError: ranks that differ.
    """

    def __init__(self, ranks: Sequence[int]) -> None:
        if len(set(ranks)) != 1:
            raise InvalidInputError(f"the CP form has one rank for all modes; given {tuple(ranks)}")
        self.entry_size = ranks[0] ** 2

    def coefficients(self, mode: int, moments: Moments) -> tuple[Tensor, Tensor]:
        first, second = torch.ones_like(moments[0][0]), torch.ones_like(moments[0][1])
        for other, (mean, square) in enumerate(moments):
            if other != mode:
                first, second = first * mean, second * square
        return first, second

    def value(self, moments: Moments) -> tuple[Tensor, Tensor]:
        first, second = self.coefficients(-1, moments)
        return first.sum(-1), second.sum((-1, -2))


@final
class Tucker(Contraction):
    r"""Tucker form: :math:`f = \mathrm{vec}(W)^T (z^1 \otimes \dots \otimes z^K)`, :math:`W \sim N(0, I)`.

    Args:
        ranks: of each mode.
        start: the mean of the core at the start, `R_1 x ... x R_K`.

    Raises:
        InvalidInputError: a core of more than 2,000 entries.
    """

    def __init__(self, ranks: Sequence[int], start: Tensor) -> None:
        size = prod(ranks)
        if size > _LARGEST_CORE:
            raise InvalidInputError(
                f"a core of ranks {tuple(ranks)} has {size} entries, above {_LARGEST_CORE}; "
                "take lower ranks or the CP form"
            )
        self._ranks = tuple(ranks)
        self.entry_size = size**2
        eye = torch.eye(size, dtype=torch.float64)
        self.precision, self.shift = eye, start.reshape(-1)
        self._use(start.reshape(-1), eye)

    def _use(self, mean: Tensor, covariance: Tensor) -> None:
        self.mean, self.covariance = mean, covariance
        self._second = covariance + mean.unsqueeze(-1) * mean

    def coefficients(self, mode: int, moments: Moments) -> tuple[Tensor, Tensor]:
        ranks, K = self._ranks, len(self._ranks)
        first, second = _products([one for k, one in enumerate(moments) if k != mode])
        order = [mode, *(k for k in range(K) if k != mode)]
        core = self.mean.reshape(ranks).permute(order).reshape(ranks[mode], -1)
        square = self._second.reshape(*ranks, *ranks).permute([*order, *(K + k for k in order)])
        Q = core.shape[1]
        square = square.reshape(ranks[mode], Q, ranks[mode], Q).transpose(1, 2).reshape(-1, Q * Q)
        return first @ core.T, (second.reshape(len(second), -1) @ square.T).reshape(
            -1, ranks[mode], ranks[mode]
        )

    def value(self, moments: Moments) -> tuple[Tensor, Tensor]:
        first, second = _products(moments)
        return first @ self.mean, second.reshape(len(second), -1) @ self._second.reshape(-1)

    def update(self, parts: Iterable[tuple[Moments, Tensor, Tensor]], damping: float) -> None:
        precision = torch.eye(len(self.mean), dtype=torch.float64)
        shift = torch.zeros_like(self.mean)
        for moments, weights, y in parts:
            first, second = _products(moments)
            precision = precision + (weights @ second.reshape(len(second), -1)).reshape(precision.shape)
            shift = shift + first.T @ (weights * y)
        self.precision = damping * self.precision + (1.0 - damping) * precision
        self.shift = damping * self.shift + (1.0 - damping) * shift
        self._solve()

    def _solve(self) -> None:
        factor = torch.linalg.cholesky(self.precision)
        covariance = torch.cholesky_inverse(factor)
        self._use(covariance @ self.shift, covariance)

    @property
    def divergence(self) -> float:
        trace = self.covariance.trace() + self.mean.square().sum()
        return float(0.5 * (trace - len(self.mean) - torch.linalg.slogdet(self.covariance).logabsdet))

    def state(self) -> dict[str, Tensor]:
        return {"precision": self.precision, "shift": self.shift}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.precision, self.shift = state["precision"].clone(), state["shift"].clone()
        self._solve()


def _products(moments: Moments) -> tuple[Tensor, Tensor]:
    """Kronecker products over modes of the means (`n x Q`) and of the second moments (`n x Q x Q`)."""
    n = len(moments[0][0]) if moments else 1
    first = torch.ones(n, 1, dtype=torch.float64)
    second = torch.ones(n, 1, 1, dtype=torch.float64)
    for mean, square in moments:
        first = (first[:, :, None] * mean[:, None, :]).flatten(1)
        size = second.shape[1] * square.shape[1]
        second = (second[:, :, None, :, None] * square[:, None, :, None, :]).reshape(-1, size, size)
    return first, second
