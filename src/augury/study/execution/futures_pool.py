"""Trials as futures: through an executor of the user's own."""

from __future__ import annotations

import queue
from abc import abstractmethod
from concurrent.futures import BrokenExecutor, Executor
from functools import partial
from typing import Any

from augury.errors import InvalidInputError, NotSupportedError
from augury.study.execution.objective import Objective
from augury.study.execution.pool import Outcome, Pool
from augury.study.trial import Trial


class FuturesPool(Pool):
    """Trials that are futures until they end.

    Args:
        objective: what to evaluate.

    Raises:
        NotSupportedError: the function wants the trial, whose reports cannot come back from there.
    """

    def __init__(self, objective: Objective) -> None:
        if objective.with_trial:
            raise NotSupportedError(
                "evaluations in an executor cannot report: leave out executor= (workers= starts processes "
                "that can), or the function's argument `trial`"
            )
        self._futures: dict[int, Any] = {}
        self._ended: queue.SimpleQueue[int] = queue.SimpleQueue()

    @abstractmethod
    def _start(self, trial: Trial) -> Any:
        """The future of a trial's evaluation."""

    @abstractmethod
    def _outcome(self, number: int, future: Any) -> Outcome:
        """What became of a future that is done.

        Raises:
            InvalidInputError: nothing can be evaluated there.
        """

    @property
    def busy(self) -> bool:
        return bool(self._futures)

    def submit(self, trial: Trial) -> None:
        future = self._start(trial)
        self._futures[trial.number] = future
        future.add_done_callback(partial(self._note_end, trial.number))

    def _note_end(self, number: int, _: Any) -> None:
        self._ended.put(number)

    def wait(self, seconds: float) -> list[Outcome]:
        outcomes: list[Outcome] = []
        try:
            outcomes.append(self._take(self._ended.get(timeout=seconds)))
            while True:
                outcomes.append(self._take(self._ended.get_nowait()))
        except queue.Empty:
            return outcomes

    def _take(self, number: int) -> Outcome:
        return self._outcome(number, self._futures.pop(number))


class ExecutorPool(FuturesPool):
    """Trials through the user's own executor (`concurrent.futures`, `mpi4py.futures`, ...).

    Args:
        objective: what to evaluate.
        executor: anything with `submit` that returns futures; it is left open.
        workers: how many trials to have under way at a time.

    Raises:
        NotSupportedError: the function wants the trial, whose reports cannot come back from there.
    """

    def __init__(self, objective: Objective, executor: Executor, workers: int) -> None:
        super().__init__(objective)
        self._objective = objective
        self._executor = executor
        self._workers = workers
        self._has_worked = False

    @property
    def free(self) -> int:
        return self._workers - len(self._futures)

    def _start(self, trial: Trial) -> Any:
        try:
            return self._executor.submit(self._objective.evaluate, trial)
        except RuntimeError as error:  # broken, or shut down
            raise _refused(error) from error

    def _outcome(self, number: int, future: Any) -> Outcome:
        error = future.exception()
        if error is None:
            self._has_worked = True
            return Outcome(number, future.result())
        # The function's own exceptions are caught where it runs, so this is the executor's.
        if isinstance(error, BrokenExecutor) or not self._has_worked:
            raise _refused(error) from error
        return Outcome(number, f"the executor lost it: {type(error).__name__}: {error}", died=True)

    def close(self) -> None:
        for future in self._futures.values():
            future.cancel()


def _refused(error: BaseException) -> InvalidInputError:
    return InvalidInputError(f"the executor cannot evaluate trials: {type(error).__name__}: {error}")
