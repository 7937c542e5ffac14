"""Where studies are kept: an SQLite file, a PostgreSQL database, or memory.

Store        opens, creates and migrates; names, finds and creates studies
TrialTable   the trials of one study
LeaseTable   who evaluates which of them
ReportTable  what they report on their way
overview     all studies at a glance
"""

from __future__ import annotations

from augury.study.store.leases import MAX_LOSSES as MAX_LOSSES
from augury.study.store.leases import STALE_AFTER as STALE_AFTER
from augury.study.store.leases import LeaseTable as LeaseTable
from augury.study.store.overview import StudyOverview as StudyOverview
from augury.study.store.overview import overview as overview
from augury.study.store.overview import revision_of as revision_of
from augury.study.store.reports import ReportTable as ReportTable
from augury.study.store.store import Store as Store
from augury.study.store.store import StudyRecord as StudyRecord
from augury.study.store.transitions import NewTrial as NewTrial
from augury.study.store.trials import PendingChangedError as PendingChangedError
from augury.study.store.trials import TrialTable as TrialTable

__all__ = [
    "MAX_LOSSES",
    "STALE_AFTER",
    "LeaseTable",
    "NewTrial",
    "PendingChangedError",
    "ReportTable",
    "Store",
    "StudyOverview",
    "StudyRecord",
    "TrialTable",
    "overview",
    "revision_of",
]
