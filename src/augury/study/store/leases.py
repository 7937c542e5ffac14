"""Leases: which run evaluates a trial, and what becomes of the trial when that run disappears."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import Connection, case, select, update

from augury.study.process import is_gone
from augury.study.store.reports import forget_reports
from augury.study.store.schema import studies, trials
from augury.study.store.store import Store, StudyRecord
from augury.study.store.transitions import BACK_TO_QUEUE
from augury.study.trial import FAILED, QUEUED, RUNNING

# A run shows that it lives several times in this many seconds; without a sign for so long it is dead.
STALE_AFTER = 60.0

# A trial that was lost so often probably ends the process that evaluates it.
MAX_LOSSES = 10


class LeaseTable:
    """The leases on one study's running trials.

    Args:
        store: the store.
        study: the study.
        stale_after: seconds without a heartbeat after which a trial goes back to the queue.
        charges_losses: whether a trial has lost an attempt when its run is dead; not where what evaluates it
            outlives the run.
    """

    def __init__(
        self,
        store: Store,
        study: StudyRecord,
        stale_after: float = STALE_AFTER,
        *,
        charges_losses: bool = True,
    ) -> None:
        self._store = store
        self._study_id = study.id
        self.stale_after = stale_after
        self._charges_losses = charges_losses
        self._running = (trials.c.study_id == study.id) & (trials.c.status == RUNNING)

    def renew(self, owner: str) -> None:
        """Shows that `owner` lives."""

        def work(connection: Connection) -> None:
            change = update(trials).where(self._running, trials.c.lease_owner == owner)
            connection.execute(change.values(lease_heartbeat=self._store.now(connection)))

        self._store.write(work)

    def release(self, owner: str) -> None:
        """Puts back into the queue what `owner` was evaluating; it stops by its own will."""
        self._requeue(lambda lease_owner, heartbeat, now: lease_owner == owner, lost=False)

    def reclaim(self) -> None:
        """Puts back into the queue the trials of runs that are dead: stale, or known to have ended."""
        self._requeue(
            lambda owner, heartbeat, now: heartbeat < now - self.stale_after or is_gone(owner),
            lost=self._charges_losses,
        )

    def _requeue(self, is_over: Callable[[str, float, float], bool], lost: bool) -> None:
        statement = select(trials.c.id, trials.c.lease_owner, trials.c.lease_heartbeat).where(self._running)

        def over(connection: Connection) -> list[int]:
            now = self._store.now(connection)
            rows = connection.execute(statement).all()
            return [row.id for row in rows if is_over(row.lease_owner, row.lease_heartbeat, now)]

        def work(connection: Connection) -> None:
            count = update(studies).where(studies.c.id == self._study_id)
            count = count.values(revision=studies.c.revision + 1)
            revision = connection.scalar(count.returning(studies.c.revision))
            self._put_back(connection, over(connection), int(revision or 0), lost)

        if self._store.read(over):
            self._store.write(work)

    def _put_back(self, connection: Connection, ids: Collection[int], revision: int, lost: bool) -> None:
        forget_reports(connection, list(ids))
        change = update(trials).where(trials.c.id.in_(ids)).values(**BACK_TO_QUEUE, revision=revision)
        if not lost:
            connection.execute(change)
            return
        attempts = trials.c.attempts + 1
        given_up = attempts >= MAX_LOSSES
        now = self._store.now(connection)
        connection.execute(
            change.values(
                attempts=attempts,
                status=case((given_up, FAILED), else_=QUEUED),
                transient=given_up,
                reason=case((given_up, f"its worker disappeared {MAX_LOSSES} times"), else_=trials.c.reason),
                finished=case((given_up, now), else_=None),
            )
        )
