"""Where trials are evaluated: what a run needs of it, and the simplest: this very process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any

from augury.study.execution.objective import Objective
from augury.study.trial import Reporter, Trial


@dataclass(frozen=True)
class Outcome:
    """The end of one evaluation.

    Args:
        number: the trial's number.
        told: what the function returned, or a `Failure`.
        died: whether the process that evaluated it died; `told` then says how.
        is_blameless: whether it died of something that has nothing to do with the trial: its machine was
            taken away, its connection lost.
    """

    number: int
    told: Any
    died: bool = False
    is_blameless: bool = False


class Pool(ABC):
    """Evaluates trials, some at a time."""

    #: Whether evaluations go on when the run's process ends, so that the next run can take their results.
    outlives_run = False

    @property
    @abstractmethod
    def free(self) -> int:
        """How many more trials can be submitted now."""

    @property
    @abstractmethod
    def busy(self) -> bool:
        """Whether an outcome is still to come."""

    @abstractmethod
    def submit(self, trial: Trial) -> None:
        """Starts the evaluation of a trial."""

    @abstractmethod
    def wait(self, seconds: float) -> list[Outcome]:
        """The evaluations that have ended; waits for one for so long at most.

        Raises:
            InvalidInputError: the function cannot be evaluated there at all.
        """

    @abstractmethod
    def close(self) -> None:
        """Ends every evaluation that can be ended."""


class InlinePool(Pool):
    """One trial at a time, in this very process and thread.

    Args:
        objective: what to evaluate.
        reporter: takes its reports.
    """

    def __init__(self, objective: Objective, reporter: Reporter) -> None:
        self._objective = objective
        self._reporter = reporter
        self._outcomes: list[Outcome] = []

    @property
    def free(self) -> int:
        return 0 if self._outcomes else 1

    @property
    def busy(self) -> bool:
        return bool(self._outcomes)

    def submit(self, trial: Trial) -> None:
        told = self._objective.evaluate(replace(trial, reporter=self._reporter))
        self._outcomes.append(Outcome(trial.number, told))

    def wait(self, seconds: float) -> list[Outcome]:
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def close(self) -> None:
        self._outcomes = []
