"""What a portfolio remembers of each member from one fit to the next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

#: Rows have to grow by this factor before a member is trained without folds again to correct its score.
_CORRECTED_AGAIN = 1.3
_LONGEST_REST = 64


@dataclass(frozen=True)
class Record:
    """One member's past.

    Args:
        scored_at: the number of rows when it was last scored, 0 for never.
        misses: how often in succession it was scored and given no weight.
        correction: by how much its closed-form score is too good on average, because hyperparameters have
            seen the rows left out; in nats a row.
        corrected_at: the number of rows when that was measured, 0 for never.
        weight: the last one.
        score: its mean log density of rows left out when last scored, the correction subtracted.
    """

    scored_at: int = 0
    misses: int = 0
    correction: float = 0.0
    corrected_at: int = 0
    weight: float = 0.0
    score: float = math.nan

    def is_due(self, n: int, rest: int) -> bool:
        """Whether to look at the member with `n` rows: always while it has weight; while it has none, after
        `rest` further rows, twice as many after each time that it has earned none."""
        if self.weight > 0.0 or not self.scored_at or n < self.scored_at:
            return True
        return n - self.scored_at >= rest * min(2**self.misses, _LONGEST_REST)

    def wants_correction(self, n: int) -> bool:
        """Whether the correction is to be measured with `n` rows."""
        return not self.corrected_at or n < self.corrected_at or n >= _CORRECTED_AGAIN * self.corrected_at

    def corrected(self, n: int, correction: float) -> Record:
        """The record once the correction was measured with `n` rows."""
        return replace(self, correction=correction, corrected_at=n)

    def after(self, n: int, weight: float, score: float) -> Record:
        """The record once the member was scored with `n` rows and given a weight."""
        misses = 0 if weight > 0.0 else min(self.misses + 1, 16)
        return replace(self, scored_at=n, misses=misses, weight=weight, score=score)

    def to_tensor(self) -> Tensor:
        """The record as 6 numbers."""
        numbers = (self.scored_at, self.misses, self.correction, self.corrected_at, self.weight, self.score)
        return torch.tensor(numbers, dtype=torch.float64)


def record_from(tensors: Mapping[str, Tensor], name: str) -> Record:
    """The record of a member; an empty one where there is none that makes sense."""
    given = tensors.get(f"{name}.record")
    if given is None or tuple(given.shape) != (6,) or not bool(torch.isfinite(given[:5]).all()):
        return Record()
    scored_at, misses, correction, corrected_at, weight, score = (float(number) for number in given)
    if min(scored_at, misses, correction, corrected_at, weight) < 0.0:
        return Record()
    return Record(int(scored_at), int(misses), correction, int(corrected_at), weight, score)


def remembered(
    records: Mapping[str, Record], hyperparameters: Mapping[str, Mapping[str, Tensor]]
) -> dict[str, Tensor]:
    """Records and hyperparameters of all members by one name each, "member.record" and "member.name"."""
    tensors = {f"{name}.record": record.to_tensor() for name, record in records.items()}
    for name, values in hyperparameters.items():
        tensors |= {f"{name}.{key}": value for key, value in values.items()}
    return tensors


def part_of(tensors: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """What an earlier fit has left of one member, but for its record."""
    prefix = f"{name}."
    found = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
    found.pop("record", None)
    return found
