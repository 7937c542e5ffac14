"""What the columns of a trial become when its status changes, and which statuses count for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, and_, or_

from augury.space.array_params import as_lists
from augury.study.result import Failure, Measurement
from augury.study.retry import RetryPolicy
from augury.study.signals import Pruned
from augury.study.store.rows import result_columns
from augury.study.store.schema import trials
from augury.study.trial import FINISHED, QUEUED, RUNNING

# How often a trial is tried when its failures are transient, unless a run says otherwise.
MAX_ATTEMPTS = RetryPolicy().retries + 1

CLOSED: dict[str, Any] = {
    "handed_out": False,
    "lease_owner": None,
    "lease_heartbeat": None,
    "not_before": None,
}
BACK_TO_QUEUE: dict[str, Any] = {**CLOSED, "status": QUEUED, "started": None}

IS_RUNNING = trials.c.status == RUNNING
# In the queue, and with nobody.
IS_WAITING = and_(trials.c.status == QUEUED, trials.c.handed_out.is_(False))
# What a budget has paid for.
PAID = and_(trials.c.status.in_(FINISHED), trials.c.origin != "add")
# Trials that a person holds are theirs to evaluate, and no part of a run's budget until they are told.
UNDER_WAY = or_(IS_RUNNING, IS_WAITING)
# Rows written together must all have the same columns.
_UNTOLD: dict[str, Any] = {
    **CLOSED,
    **dict.fromkeys(("measured", "reason", "traceback", "started", "finished")),
}


@dataclass(frozen=True)
class NewTrial:
    """A trial to be written: its parameters and what is known of it already."""

    params: Mapping[str, Any]
    origin: str
    prediction: Mapping[str, Any] | None = None
    result: Measurement | Failure | Pruned | None = None
    cost: float | None = None
    user_attrs: Mapping[str, Any] = field(default_factory=dict)


def new_row(new: NewTrial, now: float, handed_out: bool, owner: str | None) -> dict[str, Any]:
    """A trial as it enters the table: finished, running for `owner`, held by a person, or waiting."""
    row: dict[str, Any] = {
        "status": QUEUED,
        "origin": new.origin,
        "params": as_lists(new.params),
        "prediction": new.prediction,
        "cost": new.cost,
        "user_attrs": dict(new.user_attrs),
        "created": now,
        **_UNTOLD,
        "handed_out": handed_out,
    }
    if new.result is not None:
        row |= {**result_columns(new.result), "finished": now}
    elif owner is not None:
        row |= running(owner, now)
    return row


def running(owner: str, now: float) -> dict[str, Any]:
    """A trial that the run `owner` begins to evaluate."""
    return {
        "status": RUNNING,
        "lease_owner": owner,
        "lease_heartbeat": now,
        "started": now,
        "handed_out": False,
        "not_before": None,
    }


def after_transient_failure(
    row: Row[Any], failure: Failure, now: float, policy: RetryPolicy
) -> dict[str, Any]:
    """A trial that failed for a passing reason: queued again, or failed when that happened too often."""
    columns, attempts = result_columns(failure), row.attempts + 1
    change = {"attempts": attempts, "reason": columns["reason"], "traceback": columns["traceback"]}
    if policy.allows(attempts):
        wait = policy.wait(attempts)
        return change | BACK_TO_QUEUE | {"not_before": now + wait if wait else None}
    if attempts > 1:
        columns["reason"] = f"{columns['reason']} (given up after {attempts} attempts)"
    return change | columns | CLOSED | {"transient": True, "finished": now}
