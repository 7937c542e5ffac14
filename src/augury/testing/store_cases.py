"""The trials, results and assertions that the store checks share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from augury.errors import InvalidInputError
from augury.study.result import Measurement
from augury.study.store import NewTrial, Store, StudyRecord, TrialTable
from augury.study.trial import Trial

OpenStore = Callable[[], Store]
Result = TypeVar("Result")

THREADS = 4

NEW = NewTrial({"x": 1.0}, "run")
ONE = Measurement({"y": 1.0}, {})
TWO = Measurement({"y": 2.0}, {"y": 0.5})


def study(store: Store, name: str = "first") -> StudyRecord:
    """A stored study; the same one for the same name."""
    return store.create(name, {"x": [0.0, 1.0]}, {"objectives": ["y"]}, {"strategy": "auto"}, 2**62 + 1)


def table_of(store: Store, name: str = "first") -> TrialTable:
    """The trials of that study, through a handle of its own."""
    return TrialTable(store, study(store, name))


def insert(table: TrialTable, new: NewTrial) -> Trial:
    """A new trial as it was written."""
    return only(table.insert([new]))


def only(trials: Sequence[Trial]) -> Trial:
    """The one trial of a list."""
    assert len(trials) == 1, f"{len(trials)} trials where one was expected"
    return trials[0]


def together(work: Callable[[int], Result]) -> list[Result]:
    """The results of calling `work` with 0, 1, ... in as many threads at the same time."""
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(work, range(THREADS)))


def refuses(work: Callable[[], Any], message: str) -> None:
    """Assert that `work` raises InvalidInputError."""
    try:
        work()
    except InvalidInputError:
        return
    raise AssertionError(message)
