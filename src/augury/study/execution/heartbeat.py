"""The sign of life that a run gives while its trials are evaluated."""

from __future__ import annotations

import threading
from types import TracebackType

from augury.errors import StoreError
from augury.study.store import LeaseTable


class Heartbeat:
    """Renews the leases of one run, in a thread of its own, for as long as the context lasts.

    Args:
        leases: the study's leases.
        owner: the run.
        interval: seconds from one sign to the next.
    """

    def __init__(self, leases: LeaseTable, owner: str, interval: float) -> None:
        self._leases = leases
        self._owner = owner
        self._interval = interval
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="augury-heartbeat")

    def _beat(self) -> None:
        while not self._ended.wait(self._interval):
            try:
                self._leases.renew(self._owner)
            except StoreError:
                # The store may be back for the next sign; a lease survives several that are missed.
                continue

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
