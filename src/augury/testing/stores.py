"""The conformance suite of stores: what a Study relies on, on any database, as small named checks.

    @pytest.mark.parametrize("check", augury.testing.STORE_CHECKS, ids=lambda check: check.__name__)
    def test_the_store_conforms(check, empty_database):
        check(lambda: Store(empty_database))

Each check takes a function that opens the store under test, and may call it several times: every call gives a
handle to the same database, which is empty at first. It raises AssertionError with one sentence about what
is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import sleep
from typing import Any, TypeVar

from augury.errors import InvalidInputError
from augury.study.process import host, new_owner
from augury.study.result import Failure, Measurement
from augury.study.store import LeaseTable, NewTrial, PendingChangedError, Store, StudyRecord, TrialTable
from augury.study.store.transitions import MAX_ATTEMPTS
from augury.study.trial import ABANDONED, COMPLETE, FAILED, QUEUED, RUNNING, Trial

OpenStore = Callable[[], Store]
StoreCheck = Callable[[OpenStore], None]
Result = TypeVar("Result")

_THREADS = 4


def check_store(open_store: OpenStore, new_database: Callable[[], None] = lambda: None) -> None:
    """Run every check of `STORE_CHECKS` over one kind of store.

    Args:
        open_store: opens the store under test.
        new_database: called before each check; puts an empty database where `open_store` finds it.

    Raises:
        AssertionError: the store breaks a rule; the message says which.
    """
    for check in STORE_CHECKS:
        new_database()
        check(open_store)


def studies_are_found_again(open_store: OpenStore) -> None:
    """A study comes back as it was stored, through any handle."""
    record = _study(open_store())
    assert open_store().find(record.name) == record, "a study did not come back as it was stored"
    assert open_store().find("another") is None, "a study was found that was never stored"
    assert open_store().names() == [record.name], "the names of the studies are wrong"


def the_first_definition_wins(open_store: OpenStore) -> None:
    """Creating a study of a name that is taken returns the stored one, unchanged."""
    first = _study(open_store())
    second = open_store().create(first.name, {"other": True}, {}, {}, 99)
    assert second == first, "a study was changed by another one of the same name"


def threads_create_one_study(open_store: OpenStore) -> None:
    """Several threads that create the same study all get the same one."""
    records = _together(lambda _: _study(open_store()))
    assert len({record.id for record in records}) == 1, "threads created several studies of one name"


def trials_come_back_as_written(open_store: OpenStore) -> None:
    """Parameters keep their types and all their digits; predictions and notes are kept."""
    params = {"x": 0.1 + 0.2, "n": 3, "solvent": "DMF/水", "dry": True, "additive": None, "tiny": 5e-324}
    new = NewTrial(
        params, "ask", prediction={"mean": {"y": 1.5}}, user_attrs={"operator": "Ada", "days": [1, 2]}
    )
    written = _insert(_table(open_store()), new)
    found = _only(_table(open_store()).changed_since())
    assert found == written, "a trial did not come back as it was returned"
    assert found.params == params, "a trial's parameters were changed"
    assert [type(value) for value in found.params.values()] == [type(value) for value in params.values()], (
        "a parameter's type was changed"
    )
    assert found.prediction_data == new.prediction, "a prediction was changed"
    assert found.user_attrs == new.user_attrs, "the user's notes were changed"
    assert found.status == QUEUED, "a trial without a result is not queued"


def trials_are_written_together(open_store: OpenStore) -> None:
    """Trials with and without a result can be written at once, under consecutive numbers."""
    table = _table(open_store())
    new = [_NEW, replace(_NEW, result=_ONE), replace(_NEW, result=Failure("broken")), _NEW]
    written = table.insert(new)
    assert [one.number for one in written] == [0, 1, 2, 3], "trials did not get consecutive numbers"
    assert [one.status for one in written] == [QUEUED, COMPLETE, FAILED, QUEUED], "a result was lost"
    assert (written[1].values, written[2].reason) == (_ONE.values, "broken"), "a result was changed"


def numbers_are_never_given_twice(open_store: OpenStore) -> None:
    """Threads that write trials at the same time get different numbers, without gaps."""
    _study(open_store())
    _together(lambda _: [_insert(_table(open_store()), _NEW) for _ in range(5)])
    numbers = [trial.number for trial in _table(open_store()).changed_since()]
    assert numbers == list(range(5 * _THREADS)), "trial numbers are not 0, 1, 2, ... each once"


def unused_numbers_are_given_back(open_store: OpenStore) -> None:
    """A number that was reserved in vain is given again, but never one that is taken."""
    table = _table(open_store())
    table.unreserve(table.reserve(2), 2)
    first = table.reserve(1)
    assert first == 0, "numbers that were given back are not used"
    second = table.reserve(1)
    table.unreserve(first, 1)
    assert table.reserve(1) == second + 1, "a number was given twice"


def a_result_completes_its_trial(open_store: OpenStore) -> None:
    """A result is stored exactly, with its standard errors, cost and notes."""
    table = _table(open_store())
    number = _insert(table, _NEW).number
    told = Measurement({"y": 1 / 3, "z": -1e300}, {"y": 0.1})
    table.finish(number, told, cost=2.5, user_attrs={"note": "good"})
    trial = _only(_table(open_store()).changed_since())
    assert trial.status == COMPLETE, "a trial with a result is not complete"
    assert (trial.values, trial.stderrs) == (told.values, told.stderrs), "a result was changed"
    assert (trial.cost, trial.user_attrs) == (2.5, {"note": "good"}), "cost or notes were changed"
    assert trial.finished is not None, "a finished trial has no time"


def late_results_are_kept(open_store: OpenStore) -> None:
    """A further result for a closed trial becomes a replicate; what was there stays as it was."""
    table = _table(open_store())
    complete, abandoned = _insert(table, _NEW).number, _insert(table, _NEW).number
    before = table.finish(complete, _ONE)
    table.abandon(abandoned)
    after = table.finish(complete, _TWO)
    table.finish(complete, Failure("broken"))
    late = table.finish(abandoned, _TWO)
    assert (after.values, after.status) == (before.values, before.status), "a late result changed a trial"
    assert [one.values for one in after.replicates] == [_TWO.values], "a late result was lost"
    replicates = _table(open_store()).changed_since()[0].replicates
    assert [one.status for one in replicates] == [COMPLETE, FAILED], "a late failure was lost"
    assert (late.status, late.values) == (ABANDONED, _TWO.values), "a late result was lost"


def simultaneous_results_are_all_kept(open_store: OpenStore) -> None:
    """Of several results told for one trial at the same time, one completes it and none is lost."""
    number = _insert(_table(open_store()), _NEW).number

    def tell(thread: int) -> Trial:
        return _table(open_store()).finish(number, Measurement({"y": float(thread)}, {}))

    _together(tell)
    trial = _only(_table(open_store()).changed_since())
    told = [trial.values["y"], *(late.values["y"] for late in trial.replicates)]
    assert sorted(told) == [float(thread) for thread in range(_THREADS)], "a result was lost"


def transient_failures_are_tried_again(open_store: OpenStore) -> None:
    """A transient failure goes back to the queue a few times; a lasting one is final."""
    table = _table(open_store())
    number = _insert(table, _NEW).number
    for attempt in range(1, MAX_ATTEMPTS + 1):
        trial = table.finish(number, Failure("lost", transient=True))
        expected = QUEUED if attempt < MAX_ATTEMPTS else FAILED
        assert (trial.status, trial.attempts) == (expected, attempt), "a transient failure was miscounted"
    assert trial.transient, "a trial that failed for a passing reason does not say so"
    table.finish(_insert(table, _NEW).number, Failure("core dumped: \x00\udcff", traceback="\x00"))
    final = table.finish(_insert(table, _NEW).number, Failure("bad point", traceback="line 1"))
    assert (final.status, final.transient) == (FAILED, False), "a lasting failure is not final"
    assert (final.reason, final.traceback) == ("bad point", "line 1"), "a failure's reason was changed"


def queued_trials_are_taken_once(open_store: OpenStore) -> None:
    """Each waiting trial is handed to one taker only."""
    table = _table(open_store())
    for _ in range(2 * _THREADS):
        _insert(table, _NEW)
    taken = _together(lambda _: _table(open_store()).take_queued(2))
    numbers = sorted(trial.number for trials in taken for trial in trials)
    assert numbers == list(range(2 * _THREADS)), "a queued trial was handed out twice, or not at all"
    assert table.take_queued(1) == [], "a trial was handed out that a person has"
    table.put_back([3])
    assert [trial.number for trial in table.take_queued(9)] == [3], "a trial that was put back is not taken"


def queued_trials_are_taken_by_value(open_store: OpenStore) -> None:
    """With fixed values, only trials that have them are taken."""
    table = _table(open_store())
    for x in (1, 2, 1):
        _insert(table, replace(_NEW, params={"x": x}))
    assert [one.number for one in table.take_queued(9, fixed={"x": 1})] == [0, 2], "fixed values were ignored"


def budgets_hold_among_threads(open_store: OpenStore) -> None:
    """Runs that share a budget never start more trials than it pays for."""
    _study(open_store())

    def run(_: int) -> None:
        table, owner = _table(open_store()), new_owner()
        for _ in range(5):
            number = table.reserve(1)
            for trial in table.insert([_NEW], number, owner=owner, budget=7):
                table.finish(trial.number, _ONE)

    _together(run)
    table = _table(open_store())
    assert table.evaluated() == 7, f"a budget of 7 bought {table.evaluated()} evaluations"
    _insert(table, replace(_NEW, origin="add", result=_ONE))
    assert table.evaluated() == 7, "an evaluation made elsewhere was counted"


def stale_leases_go_back_to_the_queue(open_store: OpenStore) -> None:
    """A trial whose run gives no sign of life is queued again under its number; a live one is left alone."""
    store = open_store()
    table, record = _table(store), _study(store)
    elsewhere = f"elsewhere|1|1|{host()}"
    trial = _only(table.insert([_NEW], owner=elsewhere))
    assert trial.status == RUNNING, "a trial that a run has is not running"
    LeaseTable(store, record, stale_after=60.0).reclaim()
    assert table.changed_since()[0].status == RUNNING, "a live trial was taken away"
    LeaseTable(store, record, stale_after=-60.0).reclaim()
    again = _only(table.changed_since())
    assert (again.number, again.status, again.attempts) == (trial.number, QUEUED, 1), "a stale trial is stuck"
    assert [one.number for one in table.take_queued(1, owner=new_owner())] == [0], (
        "a stale trial is not taken"
    )


def heartbeats_keep_leases(open_store: OpenStore) -> None:
    """A sign of life makes a lease young again; trials that people have never grow stale."""
    store = open_store()
    table, leases = _table(store), LeaseTable(store, _study(store), stale_after=0.2)
    running = _only(table.insert([_NEW], owner="elsewhere|1|1|a"))
    held = _only(table.insert([_NEW], handed_out=True))
    for _ in range(3):
        sleep(0.1)
        leases.renew("elsewhere|1|1|a")
        leases.reclaim()
    assert table.changed_since()[running.number].status == RUNNING, "a lease went stale despite its heartbeat"
    sleep(0.25)
    leases.reclaim()
    assert table.changed_since()[running.number].status == QUEUED, "a lease without heartbeat never ends"
    assert [one.number for one in table.take_queued(9)] == [running.number], "a person's trial was taken away"
    assert table.finish(held.number, _ONE).status == COMPLETE, "a person's trial cannot be completed"


def released_trials_are_queued(open_store: OpenStore) -> None:
    """A run that stops puts back its own trials, and only those."""
    store = open_store()
    table, leases = _table(store), LeaseTable(store, _study(store))
    for owner in ("elsewhere|1|1|a", "elsewhere|1|1|b"):
        table.insert([_NEW], owner=owner)
    leases.release("elsewhere|1|1|a")
    assert [one.status for one in table.changed_since()] == [QUEUED, RUNNING], "release took the wrong trials"


def closed_trials_stay_closed(open_store: OpenStore) -> None:
    """An abandoned or finished trial cannot be abandoned; an unknown one is refused."""
    table = _table(open_store())
    number = _insert(table, _NEW).number
    assert table.abandon(number).status == ABANDONED, "an open trial cannot be abandoned"
    before = table.changed_since()
    _refuses(lambda: table.abandon(number), "a closed trial was abandoned")
    _refuses(lambda: table.finish(17, _ONE), "a result for an unknown trial was accepted")
    _refuses(
        lambda: table.finish(number, _ONE, user_attrs={"x": object()}), "notes that are no JSON were accepted"
    )
    assert table.changed_since() == before, "a refused change changed the store"


def changes_are_seen_once(open_store: OpenStore) -> None:
    """`changed_since` gives exactly the trials that changed after the newest one seen."""
    table = _table(open_store())
    for _ in range(3):
        _insert(table, _NEW)
    seen = max(trial.revision for trial in table.changed_since())
    assert table.changed_since(seen) == [], "a trial that did not change was given again"
    _table(open_store()).finish(1, _ONE)
    changed = _only(table.changed_since(seen))
    assert changed.number == 1, "the wrong trial was given as changed"
    _table(open_store()).finish(1, _TWO)
    assert _only(table.changed_since(changed.revision)).replicates, "a late result was not seen as a change"


def surprises_are_noticed(open_store: OpenStore) -> None:
    """A trial chosen in ignorance of other open trials is refused."""
    table = _table(open_store())
    _insert(table, _NEW)
    number = table.reserve(1)
    try:
        table.insert([_NEW], number, open_numbers=set())
    except PendingChangedError:
        pass
    else:
        raise AssertionError("a trial was written although the open trials had changed")
    assert len(table.changed_since()) == 1, "a refused trial was written"
    assert table.insert([_NEW], number, open_numbers={0}), "a trial was refused although nothing had changed"


def states_are_kept_per_strategy(open_store: OpenStore) -> None:
    """A strategy gets back the bytes it saved, and none of another strategy's."""
    record = _study(open_store())
    open_store().save_state(record.id, "mine", b"\x00\xff" * 1000)
    assert open_store().load_state(record.id, "mine") == b"\x00\xff" * 1000, "a state was changed"
    assert open_store().load_state(record.id, "other") is None, "a strategy got another one's state"


def studies_do_not_mix(open_store: OpenStore) -> None:
    """Trials of one study are not seen or counted by another."""
    store = open_store()
    first, second = _table(store), _table(store, "second")
    _insert(first, _NEW)
    assert second.changed_since() == [], "a study sees another one's trials"
    assert _insert(second, _NEW).number == 0, "a study counts another one's trials"
    assert second.take_queued(9)[0].number == 0, "a study cannot take its own trial"
    assert len(first.take_queued(9)) == 1, "a study took another one's trial"


STORE_CHECKS: tuple[StoreCheck, ...] = (
    studies_are_found_again,
    the_first_definition_wins,
    threads_create_one_study,
    trials_come_back_as_written,
    trials_are_written_together,
    numbers_are_never_given_twice,
    unused_numbers_are_given_back,
    a_result_completes_its_trial,
    late_results_are_kept,
    simultaneous_results_are_all_kept,
    transient_failures_are_tried_again,
    queued_trials_are_taken_once,
    queued_trials_are_taken_by_value,
    budgets_hold_among_threads,
    stale_leases_go_back_to_the_queue,
    heartbeats_keep_leases,
    released_trials_are_queued,
    closed_trials_stay_closed,
    changes_are_seen_once,
    surprises_are_noticed,
    states_are_kept_per_strategy,
    studies_do_not_mix,
)

_NEW = NewTrial({"x": 1.0}, "run")
_ONE = Measurement({"y": 1.0}, {})
_TWO = Measurement({"y": 2.0}, {"y": 0.5})


def _study(store: Store, name: str = "first") -> StudyRecord:
    return store.create(name, {"x": [0.0, 1.0]}, {"objectives": ["y"]}, {"strategy": "auto"}, 2**62 + 1)


def _table(store: Store, name: str = "first") -> TrialTable:
    return TrialTable(store, _study(store, name))


def _insert(table: TrialTable, new: NewTrial) -> Trial:
    return _only(table.insert([new]))


def _only(trials: Sequence[Trial]) -> Trial:
    assert len(trials) == 1, f"{len(trials)} trials where one was expected"
    return trials[0]


def _together(work: Callable[[int], Result]) -> list[Result]:
    with ThreadPoolExecutor(_THREADS) as threads:
        return list(threads.map(work, range(_THREADS)))


def _refuses(work: Callable[[], Any], message: str) -> None:
    try:
        work()
    except InvalidInputError:
        return
    raise AssertionError(message)
