"""The worker process: evaluates one trial after the other until told to stop or left alone.

It imports no more than it needs; what the user's function needs comes with the function.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from multiprocessing.connection import Connection, wait
from typing import Any

import cloudpickle

from augury.study.command import kill_running

READY = "ready"
BROKEN = "broken"
DONE = "done"


def work(connection: Connection, objective_bytes: bytes) -> None:
    """Answers each `(params, directory)` with `(DONE, result)`; None ends it.

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
    while (job := _next(connection)) is not None:
        connection.send((DONE, objective.evaluate(*job)))


def _next(connection: Connection) -> Any:
    try:
        return connection.recv()
    except (EOFError, OSError):
        return None


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
