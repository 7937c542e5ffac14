"""Training rows, a few at a time: all that sparse inference asks of data, however large."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple, final

import torch
from torch import Tensor

from augury.errors import InvalidInputError

#: Rows that are in memory at once: a chunk of a pass, and the pool from which minibatches are drawn.
CHUNK = 8192
_POOL = 8


class Batch(NamedTuple):
    """Some rows.

    Args:
        X: `b x D` inputs as the covariance sees them.
        Y: `b x m` outcomes, or `b` integer class labels.
        weight: `b x 1` or `b x m`; the noise of a row is that of the likelihood divided by it.
    """

    X: Tensor
    Y: Tensor
    weight: Tensor


class Rows(ABC):
    """Rows in order; a member reads them from tensors or from a file."""

    @abstractmethod
    def __len__(self) -> int:
        """`n`."""

    @abstractmethod
    def read(self, start: int, stop: int) -> Batch:
        """The rows `start <= i < stop`."""

    def chunks(self) -> list[tuple[int, int]]:
        """The ranges of one pass over all rows."""
        n = len(self)
        return [(start, min(start + CHUNK, n)) for start in range(0, n, CHUNK)]

    def minibatches(self, size: int, generator: torch.Generator) -> Iterator[Batch]:
        """All rows once, in random batches of `size` (the last one of a pool may be smaller).

        Chunks are read whole, in random order, and rows are shuffled within a pool of several chunks: files
        are read in long runs, and rows that lie together in a long file do not stay together.
        """
        ranges = self.chunks()
        order = torch.randperm(len(ranges), generator=generator).tolist()
        for first in range(0, len(order), _POOL):
            parts = [self.read(*ranges[index]) for index in order[first : first + _POOL]]
            X, Y, weight = (torch.cat(column) for column in zip(*parts, strict=True))
            for chosen in torch.randperm(len(X), generator=generator).split(size):
                yield Batch(X[chosen], Y[chosen], weight[chosen])

    def steps(self, size: int) -> int:
        """The number of `minibatches` of `size`."""
        n, pool = len(self), CHUNK * _POOL
        return (n // pool) * -(-pool // size) + -(-(n % pool) // size)

    def sample(self, count: int, generator: torch.Generator) -> Batch:
        """About `count` rows (all of them, where there are fewer) from everywhere, in random order."""
        ranges = self.chunks()
        parts = []
        for start, stop in ranges:
            batch = self.read(start, stop)
            chosen = torch.randperm(len(batch.X), generator=generator)[: -(-count // len(ranges))]
            parts.append(Batch(*(part[chosen] for part in batch)))
        X, Y, weight = (torch.cat(column) for column in zip(*parts, strict=True))
        order = torch.randperm(len(X), generator=generator)[:count]
        return Batch(X[order], Y[order], weight[order])


@final
class TensorRows(Rows):
    """Rows in memory.

    Args:
        X: `n x D` inputs.
        Y: `n x m` outcomes, or `n` labels.
        weight: `n x 1` or `n x m`; one for each row when None.

    Raises:
        InvalidInputError: numbers of rows that disagree.
    """

    def __init__(self, X: Tensor, Y: Tensor, weight: Tensor | None = None) -> None:
        if weight is None:
            weight = torch.ones(len(X), 1, dtype=torch.float64)
        if not len(X) == len(Y) == len(weight):
            raise InvalidInputError(f"X has {len(X)} rows, Y {len(Y)} and weight {len(weight)}")
        self.X, self.Y, self.weight = X, Y, weight

    def __len__(self) -> int:
        return len(self.X)

    def read(self, start: int, stop: int) -> Batch:
        """The rows `start <= i < stop`."""
        rows = slice(start, stop)
        return Batch(self.X[rows], self.Y[rows], self.weight[rows])
