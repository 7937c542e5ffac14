"""The trials of one study in a store; each method is one transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from augury.errors import InvalidInputError
from augury.space.array_params import entries, from_lists
from augury.study.result import Failure, Measurement
from augury.study.retry import RetryPolicy
from augury.study.signals import Pruned
from augury.study.store.reports import forget_reports
from augury.study.store.rows import result_columns, to_trials
from augury.study.store.schema import replicates, studies, trials
from augury.study.store.store import Store, StudyRecord
from augury.study.store.transitions import (
    BACK_TO_QUEUE,
    CLOSED,
    IS_RUNNING,
    IS_WAITING,
    PAID,
    UNDER_WAY,
    NewTrial,
    after_transient_failure,
    new_row,
    running,
)
from augury.study.trial import ABANDONED, OPEN, QUEUED, Trial, directory_name


class PendingChangedError(Exception):
    """Other trials became pending, or ceased to be, while a strategy was thinking."""


class TrialTable:
    """The trials of one study.

    Args:
        store: the store.
        study: the study, as `Store.create` or `Store.find` returned it.
    """

    def __init__(self, store: Store, study: StudyRecord) -> None:
        self._store = store
        self._study_id = study.id
        root = store.location.directory
        self._directory: Path | None = None if root is None else root / directory_name(study.name)
        self._mine = trials.c.study_id == study.id

    def changed_since(self, revision: int = 0) -> list[Trial]:
        """The trials that changed after `revision`, by number; 0 gives all of them."""
        statement = select(trials).where(self._mine, trials.c.revision > revision).order_by(trials.c.number)

        def work(connection: Connection) -> list[Trial]:
            return to_trials(connection, connection.execute(statement).all(), self._directory)

        return self._store.read(work)

    def evaluated(self) -> int:
        """How many evaluations a budget has paid for: finished trials, without those made elsewhere."""
        return self._store.read(lambda connection: self._count(connection, PAID))

    def has_room(self, budget: int) -> bool:
        """Whether a budget pays for more evaluations than are finished and under way."""
        return self._store.read(lambda connection: self._count(connection, or_(PAID, UNDER_WAY))) < budget

    def has_waiting(self) -> bool:
        """Whether trials wait in the queue for a run, be it that their time has not come yet."""
        return self._store.read(lambda connection: self._count(connection, IS_WAITING)) > 0

    def reserve(self, n: int) -> int:
        """Takes n trial numbers, which nobody else will get; returns the first of them."""
        return self._store.write(lambda connection: self._take_numbers(connection, n))

    def unreserve(self, first: int, n: int) -> None:
        """Gives numbers back when nothing came of them, unless somebody has taken later ones."""
        change = update(studies).where(studies.c.id == self._study_id, studies.c.next_number == first + n)
        self._store.write(lambda connection: connection.execute(change.values(next_number=first)))

    def insert(
        self,
        new: Sequence[NewTrial],
        first: int | None = None,
        *,
        open_numbers: Collection[int] | None = None,
        handed_out: bool = False,
        owner: str | None = None,
        budget: int | None = None,
    ) -> list[Trial]:
        """Writes trials under consecutive numbers.

        Args:
            new: the trials; those without a result are queued, or running when `owner` is given.
            first: the first number, from `reserve`; None for the next ones.
            open_numbers: the open trials that the caller knows of; None when it does not matter.
            handed_out: whether a person has them; then they wait for that person's result.
            owner: the run that evaluates them.
            budget: write nothing when so many evaluations are paid for or under way.

        Raises:
            PendingChangedError: the study's open trials are others than `open_numbers`; nothing was written.
        """
        for one in new:
            _check_json(one.user_attrs)

        def work(connection: Connection) -> list[Trial]:
            revision = self._begin(connection)
            if open_numbers is not None and self._open_numbers(connection) != set(open_numbers):
                raise PendingChangedError
            if budget is not None and self._count(connection, or_(PAID, UNDER_WAY)) >= budget:
                return []
            now = self._store.now(connection)
            start = self._take_numbers(connection, len(new)) if first is None else first
            mine = {"study_id": self._study_id, "revision": revision}
            rows = [
                {**mine, "number": number, **new_row(one, now, handed_out, owner)}
                for number, one in enumerate(new, start)
            ]
            connection.execute(insert(trials), rows)
            return self._fetch(connection, trials.c.revision == revision)

        return self._store.write(work)

    def take_queued(
        self,
        n: int,
        *,
        owner: str | None = None,
        fixed: Mapping[str, Any] | None = None,
        budget: int | None = None,
    ) -> list[Trial]:
        """Takes up to n waiting trials, lowest number first: for a person, or for the run `owner`.

        Args:
            fixed: take only trials with these parameter values.
            budget: take nothing when so many evaluations are paid for or under way.
        """

        def chosen(connection: Connection) -> list[int]:
            now = self._store.now(connection)
            is_due = or_(trials.c.not_before.is_(None), trials.c.not_before <= now)
            statement = select(trials.c.number, trials.c.params).where(self._mine, IS_WAITING, is_due)
            rows = connection.execute(statement.order_by(trials.c.number))
            return [row.number for row in rows if _agrees(row.params, fixed or {})][:n]

        def work(connection: Connection) -> list[Trial]:
            revision = self._begin(connection)
            if budget is not None and self._count(connection, or_(PAID, IS_RUNNING)) >= budget:
                return []
            numbers = chosen(connection)
            now = self._store.now(connection)
            change = running(owner, now) if owner else {"handed_out": True}
            self._update(connection, trials.c.number.in_(numbers), revision=revision, **change)
            return self._fetch(connection, trials.c.number.in_(numbers))

        # Most often there is nothing to take, which a look without a lock tells.
        return self._store.write(work) if self._store.read(chosen) else []

    def put_back(self, numbers: Collection[int]) -> None:
        """Puts trials that were taken back into the queue, as if they had not been."""

        def work(connection: Connection) -> None:
            revision = self._begin(connection)
            is_open = and_(trials.c.number.in_(numbers), trials.c.status.in_(OPEN))
            forget_reports(
                connection, list(connection.scalars(select(trials.c.id).where(self._mine, is_open)))
            )
            self._update(connection, is_open, revision=revision, **BACK_TO_QUEUE)

        self._store.write(work)

    def finish(
        self,
        number: int,
        result: Measurement | Failure | Pruned,
        *,
        cost: float | None = None,
        user_attrs: Mapping[str, Any] | None = None,
        policy: RetryPolicy = RetryPolicy(),  # noqa: B008 - immutable
    ) -> Trial:
        """Writes the result of a trial: completes it if it is open, else keeps the result as a replicate.

        A transient failure puts an open trial back into the queue, as often as `policy` allows. Of a trial
        that is closed, a transient failure and an early stop tell nothing, and change nothing: neither
        cost nor notes.

        Raises:
            InvalidInputError: there is no such trial.
        """
        _check_json(user_attrs or {})

        def work(connection: Connection) -> Trial:
            revision = self._begin(connection)
            row = self._one(connection, number)
            transient = result if isinstance(result, Failure) and result.transient else None
            if row.status not in OPEN and (transient is not None or isinstance(result, Pruned)):
                return self._fetch(connection, trials.c.number == number)[0]
            now = self._store.now(connection)
            change: dict[str, Any] = {"user_attrs": {**row.user_attrs, **(user_attrs or {})}}
            if row.status not in OPEN:
                late = {"trial_id": row.id, "told": now, "cost": cost, **result_columns(result)}
                connection.execute(insert(replicates).values(**late))
            else:
                change |= {} if cost is None else {"cost": cost}
                if transient is not None:
                    change |= after_transient_failure(row, transient, now, policy)
                    forget_reports(connection, [row.id] if change["status"] == QUEUED else [])
                else:
                    change |= {**result_columns(result), **CLOSED, "finished": now}
            self._update(connection, trials.c.number == number, revision=revision, **change)
            return self._fetch(connection, trials.c.number == number)[0]

        return self._store.write(work)

    def abandon(self, number: int) -> Trial:
        """Closes an open trial that nobody will evaluate.

        Raises:
            InvalidInputError: there is no such trial, or it is closed already.
        """

        def work(connection: Connection) -> Trial:
            revision = self._begin(connection)
            row = self._one(connection, number)
            if row.status not in OPEN:
                raise InvalidInputError(
                    f"trial {number} is {row.status} already; only an open trial can be abandoned"
                )
            change = {"status": ABANDONED, "finished": self._store.now(connection), **CLOSED}
            self._update(connection, trials.c.number == number, revision=revision, **change)
            return self._fetch(connection, trials.c.number == number)[0]

        return self._store.write(work)

    def _begin(self, connection: Connection) -> int:
        """The revision that this transaction's changes get; also makes the study's writers take turns."""
        change = update(studies).where(studies.c.id == self._study_id).values(revision=studies.c.revision + 1)
        revision = connection.scalar(change.returning(studies.c.revision))
        if revision is None:
            raise InvalidInputError("the study is no longer in its store")
        return int(revision)

    def _take_numbers(self, connection: Connection, n: int) -> int:
        change = update(studies).where(studies.c.id == self._study_id)
        change = change.values(next_number=studies.c.next_number + n)
        after = connection.scalar(change.returning(studies.c.next_number))
        if after is None:
            raise InvalidInputError("the study is no longer in its store")
        return int(after) - n

    def _open_numbers(self, connection: Connection) -> set[int]:
        statement = select(trials.c.number).where(self._mine, trials.c.status.in_(OPEN))
        return set(connection.scalars(statement))

    def _count(self, connection: Connection, condition: ColumnElement[bool]) -> int:
        statement = select(func.count()).select_from(trials).where(self._mine, condition)
        return int(connection.scalar(statement) or 0)

    def _update(self, connection: Connection, condition: ColumnElement[bool], **change: Any) -> None:
        connection.execute(update(trials).where(self._mine, condition).values(**change))

    def _fetch(self, connection: Connection, condition: ColumnElement[bool]) -> list[Trial]:
        statement = select(trials).where(self._mine, condition).order_by(trials.c.number)
        return to_trials(connection, connection.execute(statement).all(), self._directory)

    def _one(self, connection: Connection, number: int) -> Row[Any]:
        row = connection.execute(select(trials).where(self._mine, trials.c.number == number)).one_or_none()
        if row is None:
            count = self._count(connection, trials.c.number >= 0)
            raise InvalidInputError(f"there is no trial {number} among the study's {count} trials")
        return row


def _agrees(params: Mapping[str, Any], fixed: Mapping[str, Any]) -> bool:
    stored, wanted = entries(from_lists(params)), entries(fixed)
    return all(stored.get(name) == value for name, value in wanted.items())


def _check_json(user_attrs: Mapping[str, Any]) -> None:
    try:
        json.dumps(dict(user_attrs), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"user_attrs must be what JSON can hold: {error}") from None
