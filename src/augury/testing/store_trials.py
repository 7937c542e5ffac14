"""Checks of stores: trials as they are written, numbered and read."""

from __future__ import annotations

from dataclasses import replace

from augury.study.result import Failure
from augury.study.store import NewTrial, PendingChangedError
from augury.study.trial import COMPLETE, FAILED, QUEUED
from augury.testing.store_cases import (
    NEW,
    ONE,
    THREADS,
    TWO,
    OpenStore,
    insert,
    only,
    study,
    table_of,
    together,
)


def trials_come_back_as_written(open_store: OpenStore) -> None:
    """Parameters keep their types and all their digits; predictions and notes are kept."""
    params = {"x": 0.1 + 0.2, "n": 3, "solvent": "DMF/水", "dry": True, "additive": None, "tiny": 5e-324}
    new = NewTrial(
        params, "ask", prediction={"mean": {"y": 1.5}}, user_attrs={"operator": "Ada", "days": [1, 2]}
    )
    written = insert(table_of(open_store()), new)
    found = only(table_of(open_store()).changed_since())
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
    table = table_of(open_store())
    new = [NEW, replace(NEW, result=ONE), replace(NEW, result=Failure("broken")), NEW]
    written = table.insert(new)
    assert [one.number for one in written] == [0, 1, 2, 3], "trials did not get consecutive numbers"
    assert [one.status for one in written] == [QUEUED, COMPLETE, FAILED, QUEUED], "a result was lost"
    assert (written[1].values, written[2].reason) == (ONE.values, "broken"), "a result was changed"


def numbers_are_never_given_twice(open_store: OpenStore) -> None:
    """Threads that write trials at the same time get different numbers, without gaps."""
    study(open_store())
    together(lambda _: [insert(table_of(open_store()), NEW) for _ in range(5)])
    numbers = [trial.number for trial in table_of(open_store()).changed_since()]
    assert numbers == list(range(5 * THREADS)), "trial numbers are not 0, 1, 2, ... each once"


def unused_numbers_are_given_back(open_store: OpenStore) -> None:
    """A number that was reserved in vain is given again, but never one that is taken."""
    table = table_of(open_store())
    table.unreserve(table.reserve(2), 2)
    first = table.reserve(1)
    assert first == 0, "numbers that were given back are not used"
    second = table.reserve(1)
    table.unreserve(first, 1)
    assert table.reserve(1) == second + 1, "a number was given twice"


def changes_are_seen_once(open_store: OpenStore) -> None:
    """`changed_since` gives exactly the trials that changed after the newest one seen."""
    table = table_of(open_store())
    for _ in range(3):
        insert(table, NEW)
    seen = max(trial.revision for trial in table.changed_since())
    assert table.changed_since(seen) == [], "a trial that did not change was given again"
    table_of(open_store()).finish(1, ONE)
    changed = only(table.changed_since(seen))
    assert changed.number == 1, "the wrong trial was given as changed"
    table_of(open_store()).finish(1, TWO)
    assert only(table.changed_since(changed.revision)).replicates, "a late result was not seen as a change"


def surprises_are_noticed(open_store: OpenStore) -> None:
    """A trial chosen in ignorance of other open trials is refused."""
    table = table_of(open_store())
    insert(table, NEW)
    number = table.reserve(1)
    try:
        table.insert([NEW], number, open_numbers=set())
    except PendingChangedError:
        pass
    else:
        raise AssertionError("a trial was written although the open trials had changed")
    assert len(table.changed_since()) == 1, "a refused trial was written"
    assert table.insert([NEW], number, open_numbers={0}), "a trial was refused although nothing had changed"
