"""Worker processes of our own: one that dies or takes too long costs its trial and is replaced."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import ModuleType
from typing import Any

import cloudpickle

from augury.errors import AuguryError, InvalidInputError, StoreError
from augury.study.execution.objective import Objective
from augury.study.execution.pool import Outcome, Pool
from augury.study.execution.worker import BROKEN, READY, REPORT, SHOULD_PRUNE, work
from augury.study.result import Failure
from augury.study.trial import Reporter, Trial

_GRACE = 2.0  # seconds that a worker has to end by itself
_starting = threading.Lock()


class _Worker:
    """One process and the trial that it evaluates."""

    def __init__(self, objective_bytes: bytes, index: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(
            target=work, args=(theirs, objective_bytes), name=f"augury-worker-{index}"
        )
        with _without_main(), _without_interrupts():
            self.process.start()
        theirs.close()
        self.is_ready = False
        self.number: int | None = None
        self.deadline: float | None = None

    def give(self, trial: Trial, timeout: float | None) -> None:
        self.number = trial.number
        self.connection.send(trial)
        self.start_clock(timeout)

    def start_clock(self, timeout: float | None) -> None:
        """The time limit counts from when the worker has both the function and the trial."""
        if timeout is not None and self.is_ready and self.number is not None:
            self.deadline = time.monotonic() + timeout

    def take_number(self) -> int:
        """The trial that has ended."""
        number, self.number, self.deadline = self.number, None, None
        assert number is not None
        return number

    def ask_to_end(self) -> None:
        """Idle workers leave by themselves, busy ones are interrupted."""
        if self.number is None:
            with suppress(OSError):  # it may be dead already
                self.connection.send(None)
        else:
            self.process.terminate()

    def end(self, grace: float = 0.0) -> None:
        """Makes sure that the process is gone."""
        self.process.join(grace)
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.connection.close()


class ProcessPool(Pool):
    """Evaluates up to `workers` trials at a time, each in a process of its own.

    Args:
        objective: what to evaluate; sent to the workers by cloudpickle.
        workers: how many processes; they are started when first needed.
        reporter: takes the reports of the trials.
        timeout: seconds that one evaluation may take, else its worker is killed.

    Raises:
        InvalidInputError: the function cannot be sent to another process.
    """

    def __init__(
        self, objective: Objective, workers: int, reporter: Reporter, timeout: float | None = None
    ) -> None:
        try:
            self._objective_bytes = cloudpickle.dumps(objective)
        except Exception as error:
            raise InvalidInputError(
                f"the function cannot be sent to worker processes ({error}); make what it refers to "
                "picklable, or evaluate in this process with workers=1"
            ) from error
        self._reporter = reporter
        self._size = workers
        self._timeout = timeout
        self._workers: list[_Worker] = []
        self._started = 0

    @property
    def free(self) -> int:
        return self._size - sum(worker.number is not None for worker in self._workers)

    @property
    def busy(self) -> bool:
        return any(worker.number is not None for worker in self._workers)

    def submit(self, trial: Trial) -> None:
        worker = self._idle()
        # A worker that died while idle has the trial all the same: `wait` finds it dead and says so.
        with suppress(BrokenPipeError, ConnectionResetError):
            worker.give(trial, self._timeout)

    def _idle(self) -> _Worker:
        for worker in self._workers:
            if worker.number is None:
                return worker
        self._started += 1
        self._workers.append(_Worker(self._objective_bytes, self._started))
        return self._workers[-1]

    def wait(self, seconds: float) -> list[Outcome]:
        deadlines = [worker.deadline for worker in self._workers if worker.deadline is not None]
        until = min(deadlines, default=float("inf")) - time.monotonic()
        handles = [worker.connection for worker in self._workers]
        sentinels = [worker.process.sentinel for worker in self._workers]
        ready = set(wait([*handles, *sentinels], max(0.0, min(seconds, until))))
        outcomes: list[Outcome | None] = []
        for worker in list(self._workers):
            if worker.connection in ready or worker.process.sentinel in ready:
                outcomes.append(self._hear(worker))
            elif worker.deadline is not None and time.monotonic() >= worker.deadline:
                outcomes.append(self._time_out(worker))
        return [outcome for outcome in outcomes if outcome is not None]

    def _hear(self, worker: _Worker) -> Outcome | None:
        try:
            # A process that sent its answer and then died has answered.
            answer = worker.connection.recv() if worker.connection.poll() else None
        except (EOFError, OSError):
            answer = None
        if answer is None:
            return self._bury(worker)
        kind, content = answer
        if kind == READY:
            worker.is_ready = True
            worker.start_clock(self._timeout)
            return None
        if kind == BROKEN:
            raise InvalidInputError(
                f"the function cannot be loaded in a worker process: {content.strip().splitlines()[-1]}"
            )
        if kind in (REPORT, SHOULD_PRUNE):
            self._answer(worker, kind, content)
            return None
        return Outcome(worker.take_number(), content)

    def _answer(self, worker: _Worker, kind: str, content: Any) -> None:
        """Hands a report, or a question about pruning, on; an error in it is the function's to handle."""
        assert worker.number is not None
        answer: Any = None
        try:
            if kind == REPORT:
                self._reporter.report(worker.number, *content)
            else:
                answer = self._reporter.should_prune(worker.number)
        except StoreError:
            raise
        except AuguryError as error:
            answer = error
        # A worker that has died meanwhile is found dead by `wait`.
        with suppress(BrokenPipeError, ConnectionResetError):
            worker.connection.send(answer)

    def _bury(self, worker: _Worker) -> Outcome | None:
        self._workers.remove(worker)
        worker.end()
        how = _exit_text(worker.process.exitcode)
        if not worker.is_ready:
            raise InvalidInputError(f"a worker process died while it loaded the function ({how})")
        if worker.number is None:
            return None
        return Outcome(worker.take_number(), f"its worker process died ({how})", died=True)

    def _time_out(self, worker: _Worker) -> Outcome:
        self._workers.remove(worker)
        worker.ask_to_end()
        worker.end(grace=_GRACE)
        return Outcome(worker.take_number(), Failure(f"timed out after {self._timeout:g} s"))

    def close(self) -> None:
        workers, self._workers = self._workers, []
        try:
            for worker in workers:
                worker.ask_to_end()
            until = time.monotonic() + _GRACE
            for worker in workers:
                worker.process.join(max(0.0, until - time.monotonic()))
        finally:  # also when a second Ctrl-C comes
            for worker in workers:
                worker.end()


def _exit_text(code: int | None) -> str:
    if code is not None and code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"exit code {code}"


@contextmanager
def _without_main() -> Iterator[None]:
    """Hides the main module while a process is started.

    The new process would run the user's script again, to have what the function refers to; cloudpickle has
    sent that already, and a script without `if __name__ == "__main__"` would start itself without end.
    """
    with _starting:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Lets the new process inherit that Ctrl-C is held back, until it has decided to ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
