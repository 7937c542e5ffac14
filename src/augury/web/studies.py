"""The studies of a store as the dashboard holds them: each opened once, read again only when it changed."""

from __future__ import annotations

import gc
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from augury.study.report.results import Results
from augury.study.store import Store
from augury.study.study import Study
from augury.web.errors import UnknownError

if TYPE_CHECKING:
    from augury.study.report.surrogate import Surrogate


@dataclass(frozen=True)
class Snapshot:
    """The trials of a study at one moment.

    Args:
        revision: the study's count of changes up to which they were read.
        results: the trials, and what they come to.
    """

    revision: int
    results: Results


@dataclass(frozen=True)
class Fitted:
    """The surrogates of a study, one for each outcome measured often enough.

    Args:
        snapshot: what they have learned from.
        surrogates: the fitted models.
        columns: the space's columns, the most important first.
    """

    snapshot: Snapshot
    surrogates: list[Surrogate]
    columns: list[int]


class OpenStudy:
    """A study that the dashboard shows.

    Args:
        study: as it is stored.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self._reading, self._fitting = threading.Lock(), threading.Lock()
        self._snapshot: Snapshot | None = None
        self._fitted: Fitted | None = None

    def snapshot(self) -> Snapshot:
        """The trials as they are stored now."""
        with self._reading:
            revision = self.study.revision  # before the trials, so that none of its changes is missed
            if self._snapshot is None or self._snapshot.revision != revision:
                self._snapshot = Snapshot(revision, Results.of(self.study))
            return self._snapshot

    def fitted(self, *, anew: bool) -> Fitted:
        """The surrogates: of the trials as they are now, or (not `anew`) the last ones, if there are any.

        One is fitted at a time; who comes meanwhile waits for it.
        """
        from augury.study.report.effects import important_columns
        from augury.study.report.surrogate import surrogates_of

        with self._fitting:
            snapshot = self.snapshot()
            last = self._fitted
            if last is None or (anew and last.snapshot.revision != snapshot.revision):
                surrogates = surrogates_of(self.study, snapshot.results)
                columns = important_columns(self.study.space, surrogates)
                last = self._fitted = Fitted(snapshot, surrogates, columns)
                gc.collect()  # the models before, which the server would otherwise keep for long
            return last


class OpenStudies:
    """The studies of one store.

    Args:
        store: open.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._open: dict[str, OpenStudy] = {}

    def get(self, name: str) -> OpenStudy:
        """The study called `name`.

        Raises:
            UnknownError: the store has no such study.
        """
        with self._lock:
            if name not in self._open:
                if self.store.find(name) is None:
                    raise UnknownError(f"{self.store.location} has no study {name!r}")
                self._open[name] = OpenStudy(Study.load(self.store, name))
            return self._open[name]
