"""One trial: a point of the space, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from augury.strategies.base import Prediction

QUEUED = "queued"
RUNNING = "running"
COMPLETE = "complete"
FAILED = "failed"
PRUNED = "pruned"
ABANDONED = "abandoned"
STATUSES = (QUEUED, RUNNING, COMPLETE, FAILED, PRUNED, ABANDONED)
OPEN = (QUEUED, RUNNING)
FINISHED = (COMPLETE, FAILED, PRUNED)

ORIGINS = ("ask", "run", "add", "enqueue")


_LONGEST_FOLDER = 100


@dataclass(frozen=True)
class Replicate:
    """A result that came when its trial already had one (or was closed); it counts as one more row."""

    status: str
    values: dict[str, float]
    stderrs: dict[str, float]
    reason: str | None
    told: datetime
    gradients: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """A snapshot of one trial of a study.

    Args:
        number: its number in the study, from 0, never given twice.
        params: parameter name -> value, as the objective function gets them.
        status: "queued", "running", "complete", "failed", "pruned" or "abandoned".
        origin: who made it: "ask", "run", "add" or "enqueue".
        values: outcome name -> measured value (of the trial, else of its first late result).
        stderrs: outcome name -> standard error, where it was told.
        gradients: outcome name -> parameter -> derivative, where it was told.
        cost: what the evaluation cost, in the user's own unit, when it was told.
        reason: why it failed.
        transient: whether the failure says nothing about the point.
        traceback: the traceback of the exception that made it fail.
        attempts: how often it went back to the queue after a transient failure or a lost worker.
        user_attrs: the user's own notes, anything that JSON can hold.
        created, started, finished: times in UTC.
        replicates: results that came after the first.
    """

    number: int
    params: dict[str, Any]
    status: str = QUEUED
    origin: str = "ask"
    values: dict[str, float] = field(default_factory=dict)
    stderrs: dict[str, float] = field(default_factory=dict)
    gradients: dict[str, dict[str, float]] = field(default_factory=dict)
    cost: float | None = None
    reason: str | None = None
    transient: bool = False
    traceback: str | None = None
    attempts: int = 0
    user_attrs: dict[str, Any] = field(default_factory=dict)
    created: datetime | None = None
    started: datetime | None = None
    finished: datetime | None = None
    replicates: tuple[Replicate, ...] = ()
    prediction_data: dict[str, Any] | None = field(default=None, repr=False)
    study_directory: Path | None = field(default=None, repr=False)
    revision: int = field(default=0, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether the trial still waits for its result."""
        return self.status in OPEN

    @property
    def prediction(self) -> Prediction | None:
        """What the strategy expected when it chose the point; None for a point that it did not choose."""
        if self.prediction_data is None:
            return None
        from augury.strategies.base import Prediction

        return Prediction.from_dict(self.prediction_data)

    @property
    def directory(self) -> Path | None:
        """The trial's own working directory, made when first asked for; None for a study in memory."""
        if self.study_directory is None:
            return None
        directory = self.study_directory / str(self.number)
        directory.mkdir(parents=True, exist_ok=True)
        return directory


def directory_name(study: str) -> str:
    """The name of a study as the name of a folder on any file system."""
    name = quote(study, safe=" ").replace(".", "%2E")
    if len(name) <= _LONGEST_FOLDER:
        return name
    return f"{name[:_LONGEST_FOLDER]}-{sha256(study.encode()).hexdigest()[:8]}"


def time_of(timestamp: float | None) -> datetime | None:
    """Seconds since 1970 as a time in UTC."""
    return None if timestamp is None else datetime.fromtimestamp(timestamp, UTC)
