"""What a pruner is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from augury.errors import InvalidInputError
from augury.study.trial import Trial


class Pruner(ABC):
    """Decides whether a trial is stopped, by its reports and those of the study's other trials."""

    @abstractmethod
    def should_prune(self, trial: Trial, trials: Sequence[Trial], *, maximize: bool) -> bool:
        """Whether `trial` should be stopped at its last reported step.

        Args:
            trial: the one under way.
            trials: all trials of the study.
            maximize: whether larger values are better.
        """


class NoPruner(Pruner):
    """Never stops a trial."""

    def should_prune(self, trial: Trial, trials: Sequence[Trial], *, maximize: bool) -> bool:
        return False


def whole(what: str, given: Any, lowest: int) -> int:
    """`given` if it is a whole number of at least `lowest`.

    Raises:
        InvalidInputError: it is not.
    """
    if isinstance(given, bool) or not isinstance(given, int) or given < lowest:
        raise InvalidInputError(f"{what} is {given!r}; it must be a whole number, at least {lowest}")
    return given
