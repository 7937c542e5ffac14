"""Trials on a Dask cluster."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

import cloudpickle
from distributed import Client
from distributed.comm import get_address_host_port
from distributed.scheduler import KilledWorker

from augury.errors import InvalidInputError, NotSupportedError
from augury.study.execution.futures_pool import FuturesPool
from augury.study.execution.objective import Objective
from augury.study.execution.pace import Pace
from augury.study.execution.pool import Outcome
from augury.study.execution.remote import evaluate
from augury.study.trial import Trial

_CONNECT = 5.0  # seconds that a scheduler has to answer
_COUNT_EVERY = 1.0  # seconds for which the size of the cluster is taken as known
_ENDED = ("closing", "closed", "newly-created")


class DaskPool(FuturesPool):
    """Trials as tasks of a `distributed.Client`.

    A worker that disappears costs nothing but time: the scheduler gives its tasks to others, and only a trial
    that several workers died of comes back as lost. Workers may come and go. Where it takes a noticeable part
    of an evaluation to choose the next trial, some are chosen ahead and wait at the scheduler (see `Pace`).

    Args:
        objective: what to evaluate; sent along by cloudpickle.
        client: connected to the scheduler; it is left open.
        workers: how many trials to have under way at a time; None for as many as the cluster has threads now,
            and those chosen ahead.

    Raises:
        InvalidInputError: the function cannot be sent, or the client is closed.
        NotSupportedError: an asynchronous client, or a function that wants the trial.
    """

    def __init__(self, objective: Objective, client: Client, workers: int | None) -> None:
        super().__init__(objective)
        if client.asynchronous:
            raise NotSupportedError("a run waits for its results; give a client without asynchronous=True")
        try:
            self._objective_bytes = cloudpickle.dumps(objective)
        except Exception as error:
            raise InvalidInputError(
                f"the function cannot be sent to the Dask workers ({error}); make what it refers to picklable"
            ) from error
        self._client = client
        self._check_connection()
        self._workers = workers
        self._has_worked = False
        self._pace = Pace()
        self._ended_at: dict[int, float] = {}
        self._threads, self._counted_at = 1, float("-inf")

    @property
    def free(self) -> int:
        if self._workers is not None:
            size = self._workers
        else:
            threads = self._threads_now()
            size = threads + self._pace.ahead(threads)
        return max(0, size - len(self._futures))  # the cluster may have become smaller

    def _threads_now(self) -> int:
        """Threads of the cluster; at least 1, for which a cluster that grows on demand starts a worker."""
        if time.monotonic() >= self._counted_at + _COUNT_EVERY:
            with suppress(OSError, RuntimeError, ValueError):  # no connection at the moment
                self._threads = max(1, sum(self._client.nthreads().values()))
            self._counted_at = time.monotonic()
        return self._threads

    def _start(self, trial: Trial) -> Any:
        self._check_connection()
        self._pace.followed(time.monotonic())
        key = f"augury-trial-{trial.number}-{uuid4().hex[:8]}"
        return self._client.submit(evaluate, self._objective_bytes, trial, key=key, pure=False)

    def wait(self, seconds: float) -> list[Outcome]:
        outcomes = super().wait(seconds)
        if not outcomes:
            self._check_connection()
        return outcomes

    def _check_connection(self) -> None:
        if self._client.status in _ENDED:
            raise InvalidInputError(
                "the connection to the Dask scheduler is lost; what was told is stored, "
                "and a new run goes on from there"
            )

    def _note_end(self, number: int, future: Any) -> None:
        self._ended_at[number] = time.monotonic()
        super()._note_end(number, future)

    def _outcome(self, number: int, future: Any) -> Outcome:
        ended_at = self._ended_at.pop(number)
        if future.cancelled():  # by the loss of the connection, which the client tries to set up again
            self._check_connection()
            return Outcome(number, "Dask cancelled it", died=True, is_blameless=True)
        error = future.exception()
        if error is None:
            self._has_worked = True
            told, seconds = future.result()
            self._pace.ended(ended_at, seconds)
            return Outcome(number, told)
        if isinstance(error, KilledWorker):
            return Outcome(number, f"the Dask workers that evaluated it died: {error}", died=True)
        # The function's own exceptions are caught where it runs.
        if not self._has_worked:
            raise InvalidInputError(
                f"the Dask workers cannot evaluate trials: {type(error).__name__}: {error}; they need augury "
                "and what the function imports, as here"
            ) from error
        return Outcome(number, f"a Dask worker lost it: {type(error).__name__}: {error}", died=True)

    def close(self) -> None:
        if self._futures and self._client.status not in _ENDED:
            self._client.cancel(list(self._futures.values()))


def connect(address: str) -> Client:
    """A client of the scheduler at an address such as tcp://host:8786.

    Raises:
        InvalidInputError: there is no scheduler.
    """
    try:
        get_address_host_port(address)  # a client of a wrong address could not be closed
        return Client(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InvalidInputError(
            f"there is no Dask scheduler at {address!r} ({reason:.200}); start one with `dask scheduler`, "
            "and give the address that it prints, such as tcp://host:8786"
        ) from None
