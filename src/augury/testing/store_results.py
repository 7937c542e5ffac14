"""Checks of stores: results and failures, and what closes a trial."""

from __future__ import annotations

from augury.study.result import Failure, Measurement
from augury.study.store.transitions import MAX_ATTEMPTS
from augury.study.trial import ABANDONED, COMPLETE, FAILED, QUEUED, Trial
from augury.testing.store_cases import (
    NEW,
    ONE,
    THREADS,
    TWO,
    OpenStore,
    insert,
    only,
    refuses,
    table_of,
    together,
)


def a_result_completes_its_trial(open_store: OpenStore) -> None:
    """A result is stored exactly, with its standard errors, gradients, cost and notes."""
    table = table_of(open_store())
    number = insert(table, NEW).number
    told = Measurement({"y": 1 / 3, "z": -1e300}, {"y": 0.1}, {"z": {"x": 2 / 3}})
    table.finish(number, told, cost=2.5, user_attrs={"note": "good"})
    trial = only(table_of(open_store()).changed_since())
    assert trial.status == COMPLETE, "a trial with a result is not complete"
    assert (trial.values, trial.stderrs) == (told.values, told.stderrs), "a result was changed"
    assert trial.gradients == told.gradients, "a gradient was changed"
    assert (trial.cost, trial.user_attrs) == (2.5, {"note": "good"}), "cost or notes were changed"
    assert trial.finished is not None, "a finished trial has no time"


def late_results_are_kept(open_store: OpenStore) -> None:
    """A further result for a closed trial becomes a replicate; what was there stays as it was."""
    table = table_of(open_store())
    complete, abandoned = insert(table, NEW).number, insert(table, NEW).number
    before = table.finish(complete, ONE)
    table.abandon(abandoned)
    after = table.finish(complete, TWO)
    table.finish(complete, Failure("broken"))
    late = table.finish(abandoned, TWO)
    assert (after.values, after.status) == (before.values, before.status), "a late result changed a trial"
    assert [one.values for one in after.replicates] == [TWO.values], "a late result was lost"
    replicates = table_of(open_store()).changed_since()[0].replicates
    assert [one.status for one in replicates] == [COMPLETE, FAILED], "a late failure was lost"
    assert (late.status, late.values) == (ABANDONED, TWO.values), "a late result was lost"


def simultaneous_results_are_all_kept(open_store: OpenStore) -> None:
    """Of several results told for one trial at the same time, one completes it and none is lost."""
    number = insert(table_of(open_store()), NEW).number

    def tell(thread: int) -> Trial:
        return table_of(open_store()).finish(number, Measurement({"y": float(thread)}, {}))

    together(tell)
    trial = only(table_of(open_store()).changed_since())
    told = [trial.values["y"], *(late.values["y"] for late in trial.replicates)]
    assert sorted(told) == [float(thread) for thread in range(THREADS)], "a result was lost"


def transient_failures_are_tried_again(open_store: OpenStore) -> None:
    """A transient failure goes back to the queue a few times; a lasting one is final."""
    table = table_of(open_store())
    number = insert(table, NEW).number
    for attempt in range(1, MAX_ATTEMPTS + 1):
        trial = table.finish(number, Failure("lost", transient=True))
        expected = QUEUED if attempt < MAX_ATTEMPTS else FAILED
        assert (trial.status, trial.attempts) == (expected, attempt), "a transient failure was miscounted"
    assert trial.transient, "a trial that failed for a passing reason does not say so"
    table.finish(insert(table, NEW).number, Failure("core dumped: \x00\udcff", traceback="\x00"))
    final = table.finish(insert(table, NEW).number, Failure("bad point", traceback="line 1"))
    assert (final.status, final.transient) == (FAILED, False), "a lasting failure is not final"
    assert (final.reason, final.traceback) == ("bad point", "line 1"), "a failure's reason was changed"


def closed_trials_stay_closed(open_store: OpenStore) -> None:
    """An abandoned or finished trial cannot be abandoned; an unknown one is refused."""
    table = table_of(open_store())
    number = insert(table, NEW).number
    assert table.abandon(number).status == ABANDONED, "an open trial cannot be abandoned"
    before = table.changed_since()
    refuses(lambda: table.abandon(number), "a closed trial was abandoned")
    refuses(lambda: table.finish(17, ONE), "a result for an unknown trial was accepted")
    refuses(
        lambda: table.finish(number, ONE, user_attrs={"x": object()}), "notes that are no JSON were accepted"
    )
    assert table.changed_since() == before, "a refused change changed the store"
