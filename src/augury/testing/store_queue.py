"""Checks of stores: the queue, the leases of runs, and the budgets they share."""

from __future__ import annotations

from dataclasses import replace
from time import sleep

from augury.study.process import host, new_owner
from augury.study.store import LeaseTable
from augury.study.trial import COMPLETE, QUEUED, RUNNING
from augury.testing.store_cases import (
    NEW,
    ONE,
    THREADS,
    OpenStore,
    insert,
    only,
    study,
    table_of,
    together,
)


def queued_trials_are_taken_once(open_store: OpenStore) -> None:
    """Each waiting trial is handed to one taker only."""
    table = table_of(open_store())
    for _ in range(2 * THREADS):
        insert(table, NEW)
    taken = together(lambda _: table_of(open_store()).take_queued(2))
    numbers = sorted(trial.number for trials in taken for trial in trials)
    assert numbers == list(range(2 * THREADS)), "a queued trial was handed out twice, or not at all"
    assert table.take_queued(1) == [], "a trial was handed out that a person has"
    table.put_back([3])
    assert [trial.number for trial in table.take_queued(9)] == [3], "a trial that was put back is not taken"


def queued_trials_are_taken_by_value(open_store: OpenStore) -> None:
    """With fixed values, only trials that have them are taken."""
    table = table_of(open_store())
    for x in (1, 2, 1):
        insert(table, replace(NEW, params={"x": x}))
    assert [one.number for one in table.take_queued(9, fixed={"x": 1})] == [0, 2], "fixed values were ignored"


def budgets_hold_among_threads(open_store: OpenStore) -> None:
    """Runs that share a budget never start more trials than it pays for."""
    study(open_store())

    def run(_: int) -> None:
        table, owner = table_of(open_store()), new_owner()
        for _ in range(5):
            number = table.reserve(1)
            for trial in table.insert([NEW], number, owner=owner, budget=7):
                table.finish(trial.number, ONE)

    together(run)
    table = table_of(open_store())
    assert table.evaluated() == 7, f"a budget of 7 bought {table.evaluated()} evaluations"
    insert(table, replace(NEW, origin="add", result=ONE))
    assert table.evaluated() == 7, "an evaluation made elsewhere was counted"


def stale_leases_go_back_to_the_queue(open_store: OpenStore) -> None:
    """A trial whose run gives no sign of life is queued again under its number; a live one is left alone."""
    store = open_store()
    table, record = table_of(store), study(store)
    elsewhere = f"elsewhere|1|1|{host()}"
    trial = only(table.insert([NEW], owner=elsewhere))
    assert trial.status == RUNNING, "a trial that a run has is not running"
    LeaseTable(store, record, stale_after=60.0).reclaim()
    assert table.changed_since()[0].status == RUNNING, "a live trial was taken away"
    LeaseTable(store, record, stale_after=-60.0).reclaim()
    again = only(table.changed_since())
    assert (again.number, again.status, again.attempts) == (trial.number, QUEUED, 1), "a stale trial is stuck"
    assert [one.number for one in table.take_queued(1, owner=new_owner())] == [0], (
        "a stale trial is not taken"
    )


def heartbeats_keep_leases(open_store: OpenStore) -> None:
    """A sign of life makes a lease young again; trials that people have never grow stale."""
    store = open_store()
    table, leases = table_of(store), LeaseTable(store, study(store), stale_after=0.6)
    running = only(table.insert([NEW], owner="elsewhere|1|1|a"))
    held = only(table.insert([NEW], handed_out=True))
    for _ in range(4):  # longer than a lease lasts, and each pause so short that a busy machine keeps it
        sleep(0.2)
        leases.renew("elsewhere|1|1|a")
        leases.reclaim()
    assert table.changed_since()[running.number].status == RUNNING, "a lease went stale despite its heartbeat"
    sleep(0.7)
    leases.reclaim()
    assert table.changed_since()[running.number].status == QUEUED, "a lease without heartbeat never ends"
    assert [one.number for one in table.take_queued(9)] == [running.number], "a person's trial was taken away"
    assert table.finish(held.number, ONE).status == COMPLETE, "a person's trial cannot be completed"


def released_trials_are_queued(open_store: OpenStore) -> None:
    """A run that stops puts back its own trials, and only those."""
    store = open_store()
    table, leases = table_of(store), LeaseTable(store, study(store))
    for owner in ("elsewhere|1|1|a", "elsewhere|1|1|b"):
        table.insert([NEW], owner=owner)
    leases.release("elsewhere|1|1|a")
    assert [one.status for one in table.changed_since()] == [QUEUED, RUNNING], "release took the wrong trials"
