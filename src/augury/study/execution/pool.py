"""Where trials are evaluated: what a run needs of it, and the two ways that start no process of ours."""

from __future__ import annotations

import queue
from abc import ABC, abstractmethod
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from augury.errors import InvalidInputError, NotSupportedError
from augury.study.execution.objective import Objective
from augury.study.trial import Reporter, Trial


@dataclass(frozen=True)
class Outcome:
    """The end of one evaluation.

    Args:
        number: the trial's number.
        told: what the function returned, or a `Failure`.
        died: whether the process that evaluated it died; `told` then says how.
    """

    number: int
    told: Any
    died: bool = False


class Pool(ABC):
    """Evaluates trials, some at a time."""

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


class ExecutorPool(Pool):
    """Trials through the user's own executor (`concurrent.futures`, Dask's `client.get_executor()`, ...).

    Args:
        objective: what to evaluate.
        executor: anything with `submit` that returns futures; it is left open.
        workers: how many trials to have under way at a time.

    Raises:
        NotSupportedError: the function wants the trial, whose reports cannot come back from there.
    """

    def __init__(self, objective: Objective, executor: Executor, workers: int) -> None:
        if objective.with_trial:
            raise NotSupportedError(
                "evaluations in an executor cannot report: leave out executor= (workers= starts processes "
                "that can), or the function's argument `trial`"
            )
        self._objective = objective
        self._executor = executor
        self._workers = workers
        self._futures: dict[int, Future[Any]] = {}
        self._ended: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._has_worked = False

    @property
    def free(self) -> int:
        return self._workers - len(self._futures)

    @property
    def busy(self) -> bool:
        return bool(self._futures)

    def submit(self, trial: Trial) -> None:
        future = self._executor.submit(self._objective.evaluate, trial)
        self._futures[trial.number] = future
        future.add_done_callback(partial(self._note_end, trial.number))

    def _note_end(self, number: int, _: Future[Any]) -> None:
        self._ended.put(number)

    def wait(self, seconds: float) -> list[Outcome]:
        outcomes: list[Outcome] = []
        try:
            outcomes.append(self._outcome(self._ended.get(timeout=seconds)))
            while True:
                outcomes.append(self._outcome(self._ended.get_nowait()))
        except queue.Empty:
            return outcomes

    def _outcome(self, number: int) -> Outcome:
        error = self._futures[number].exception()
        if error is None:
            self._has_worked = True
            return Outcome(number, self._futures.pop(number).result())
        # The function's own exceptions are caught where it runs, so this is the executor's.
        if isinstance(error, BrokenExecutor) or not self._has_worked:
            raise InvalidInputError(
                f"the executor cannot evaluate trials: {type(error).__name__}: {error}"
            ) from error
        del self._futures[number]
        return Outcome(number, f"the executor lost it: {type(error).__name__}: {error}", died=True)

    def close(self) -> None:
        for future in self._futures.values():
            future.cancel()
