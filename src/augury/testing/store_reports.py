"""Checks of stores: what trials report on their way, early stops, and retries that wait."""

from __future__ import annotations

import math
from time import sleep

from augury.study.process import new_owner
from augury.study.result import Failure
from augury.study.retry import RetryPolicy
from augury.study.signals import Pruned
from augury.study.store import LeaseTable, ReportTable
from augury.study.trial import COMPLETE, FAILED, PRUNED, QUEUED
from augury.testing.store_cases import (
    NEW,
    ONE,
    THREADS,
    OpenStore,
    insert,
    only,
    refuses,
    study,
    table_of,
    together,
)


def _reports(open_store: OpenStore) -> ReportTable:
    store = open_store()
    return ReportTable(store, study(store))


def reports_come_back_in_order(open_store: OpenStore) -> None:
    """Reports keep their digits, also where they are not finite; a step's first report stands."""
    table, reports = table_of(open_store()), _reports(open_store)
    number = insert(table, NEW).number
    seen = max(trial.revision for trial in table.changed_since())
    for step, value in ((7, 1 / 3), (2**40, -1e300), (0, 5e-324), (7, 9.0), (3, math.inf)):
        written = reports.add(number, step, value)
        assert written == (value != 9.0), "a report was lost, or a second one of its step taken"
    found = only(table_of(open_store()).changed_since(seen)).intermediate_values
    assert list(found) == [0, 3, 7, 2**40], "reports are not in the order of their steps"
    assert (found[7], found[2**40], found[0]) == (1 / 3, -1e300, 5e-324), "a report was changed"
    assert math.isnan(found[3]), "a report that is not finite is not NaN"
    refuses(lambda: reports.add(number + 1, 0, 1.0), "a report for an unknown trial was accepted")


def reports_of_many_are_all_kept(open_store: OpenStore) -> None:
    """Trials that report at the same time lose nothing, and do not mix."""
    table = table_of(open_store())
    table.insert([NEW] * THREADS)
    together(lambda i: [_reports(open_store).add(i, step, float(i)) for step in range(3)])
    for trial in table.changed_since():
        expected = dict.fromkeys(range(3), float(trial.number))
        assert trial.intermediate_values == expected, "a report was lost, or is another trial's"


def a_stopped_trial_keeps_its_reports(open_store: OpenStore) -> None:
    """A pruned trial is closed without a value, is paid for, and takes a late result."""
    table, reports = table_of(open_store()), _reports(open_store)
    number = insert(table, NEW).number
    reports.add(number, 0, 4.0)
    trial = table.finish(number, Pruned("hopeless"))
    assert (trial.status, trial.values, trial.reason) == (PRUNED, {}, "hopeless"), "a pruned trial is wrong"
    assert trial.intermediate_values == {0: 4.0}, "a pruned trial lost its reports"
    assert table.evaluated() == 1, "a pruned trial is not paid for"
    assert not reports.add(number, 1, 5.0), "a closed trial took a report"
    assert table.finish(number, Pruned()).replicates == (), "a second stop was kept as a result"
    assert table.finish(number, ONE).replicates[0].values == ONE.values, "a late result was lost"


def what_starts_again_reports_anew(open_store: OpenStore) -> None:
    """A trial that goes back to the queue, for whatever reason, has no reports of the lost attempt."""
    store = open_store()
    table, reports, leases = table_of(store), _reports(open_store), LeaseTable(store, study(store), -60.0)
    owner = new_owner()
    for back in (
        lambda number: leases.release(owner),
        lambda number: leases.reclaim(),
        lambda number: table.put_back([number]),
        lambda number: table.finish(number, Failure("lost", transient=True)),
    ):
        number = only(table.insert([NEW], owner=owner)).number
        assert reports.add(number, 0, 1.0, owner=owner), "a run cannot report for its own trial"
        assert not reports.add(number, 1, 1.0, owner="elsewhere|1|1|a"), "a run reported for another's trial"
        back(number)
        again = table.changed_since()[number]
        assert (again.status, again.intermediate_values) == (QUEUED, {}), "a lost attempt's reports were kept"


def retries_wait_their_time(open_store: OpenStore) -> None:
    """With a back-off, a trial is taken again only after it; it is counted once, and given up clearly."""
    table, policy = table_of(open_store()), RetryPolicy(1, 3600.0)
    number = only(table.insert([NEW], owner=new_owner())).number
    trial = table.finish(number, Failure("no licence", transient=True), policy=policy)
    assert (trial.status, trial.attempts) == (QUEUED, 1), "a transient failure was not put back"
    assert table.take_queued(1) == [], "a trial was taken before its time"
    assert table.has_waiting(), "a trial that waits is forgotten"
    assert not table.has_room(1), "a trial that waits is not part of the budget"
    trial = table.finish(number, Failure("no licence", transient=True), policy=policy)
    assert (trial.status, trial.transient, trial.attempts) == (FAILED, True, 2), "a trial was not given up"
    assert trial.reason == "no licence (given up after 2 attempts)", "it is not said why it was given up"
    assert table.evaluated() == 1, "a trial that was tried twice is not counted once"
    short = only(table.insert([NEW], owner=new_owner())).number
    table.finish(short, Failure("no licence", transient=True), policy=RetryPolicy(1, 0.05))
    sleep(0.1)
    assert only(table.take_queued(1, owner=new_owner())).number == short, "a trial was not taken in its time"
    assert not table.has_waiting(), "a running trial waits"


def late_passing_failures_tell_nothing(open_store: OpenStore) -> None:
    """A transient failure of a closed trial is no result, and would train a model wrongly if it were kept."""
    table = table_of(open_store())
    number = insert(table, NEW).number
    table.finish(number, ONE)
    trial = table.finish(number, Failure("lost", transient=True))
    assert (trial.status, trial.replicates) == (COMPLETE, ()), "a late transient failure was kept as a result"
