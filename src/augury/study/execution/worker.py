"""The worker process: evaluates one trial after the other until told to stop or left alone.

It imports no more than it needs; what the user's function needs comes with the function.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from dataclasses import replace
from multiprocessing.connection import Connection, wait

import cloudpickle

from augury.study.command import kill_running
from augury.study.trial import Trial

READY = "ready"
BROKEN = "broken"
DONE = "done"
REPORT = "report"
SHOULD_PRUNE = "should prune"


class PipeReporter:
    """The `Reporter` of a worker: everything goes through the process that has the store.

    Args:
        connection: to that process.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._turn = threading.Lock()  # the function may report from threads of its own

    def report(self, number: int, step: int, value: float) -> None:
        """Sends a report; the other side writes what comes first, first."""
        with self._turn:
            self._connection.send((REPORT, (step, value)))
            self._take_answer()

    def should_prune(self, number: int) -> bool:
        """Asks, and waits for the answer."""
        with self._turn:
            self._connection.send((SHOULD_PRUNE, None))
            return bool(self._take_answer())

    def _take_answer(self) -> object:
        answer = self._connection.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


def work(connection: Connection, objective_bytes: bytes) -> None:
    """Answers each `Trial` with `(DONE, result)`, after any reports of it; None ends it.

    Args:
        connection: to the process that started this one.
        objective_bytes: the `Objective`, pickled by that process.
    """
    _follow_parent()
    try:
        objective = cloudpickle.loads(objective_bytes)
    except BaseException:
        connection.send((BROKEN, traceback.format_exc()))
        return
    connection.send((READY, None))
    reporter = PipeReporter(connection)
    while (trial := _next(connection)) is not None:
        connection.send((DONE, objective.evaluate(replace(trial, reporter=reporter))))


def _next(connection: Connection) -> Trial | None:
    try:
        trial: Trial | None = connection.recv()
    except (EOFError, OSError):
        return None
    return trial


def _follow_parent() -> None:
    """Leaves Ctrl-C to the parent process, and ends when that does, even in the middle of an evaluation."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    signal.signal(signal.SIGTERM, lambda *_: _exit())
    threading.Thread(target=_watch_parent, daemon=True, name="augury-parent-watch").start()


def _watch_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        _exit()


def _exit() -> None:
    kill_running()
    os._exit(143)
