"""One trial: a point of the space, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from hashlib import sha256
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from augury.errors import InvalidInputError

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
_SHOWN = ("number", "params", "status")


@dataclass(frozen=True)
class Replicate:
    """A result that came when its trial already had one (or was closed); it counts as one more row."""

    status: str
    values: dict[str, float]
    stderrs: dict[str, float]
    reason: str | None
    told: datetime
    gradients: dict[str, dict[str, float]] = field(default_factory=dict)
    cost: float | None = None


class Reporter(Protocol):
    """Takes the reports of a trial that is being evaluated, wherever that is."""

    def report(self, number: int, step: int, value: float) -> None:
        """Keeps what trial `number` came to at a step."""

    def should_prune(self, number: int) -> bool:
        """Whether trial `number` should be stopped."""


@dataclass(frozen=True, eq=False, repr=False)
class Trial:
    """A snapshot of one trial of a study.

    Args:
        number: its number in the study, from 0, never given twice.
        params: parameter name -> value, as the objective function gets them.
        status: "queued", "running", "complete", "failed", "pruned" or "abandoned".
        intermediate_values: step -> what was reported there, in the order of the steps; NaN where that was
            not finite.
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
    intermediate_values: dict[int, float] = field(default_factory=dict)
    cost: float | None = None
    reason: str | None = None
    transient: bool = False
    traceback: str | None = field(default=None, repr=False)
    attempts: int = 0
    user_attrs: dict[str, Any] = field(default_factory=dict)
    created: datetime | None = field(default=None, repr=False)
    started: datetime | None = field(default=None, repr=False)
    finished: datetime | None = field(default=None, repr=False)
    replicates: tuple[Replicate, ...] = ()
    prediction_data: dict[str, Any] | None = field(default=None, repr=False)
    study_directory: Path | None = field(default=None, repr=False)
    revision: int = field(default=0, repr=False)
    reporter: Reporter | None = field(default=None, repr=False, compare=False)

    def copy(self) -> Trial:
        """The same snapshot; what is changed in its parameters, results or notes changes no other."""
        own = {name: getattr(self, name).copy() for name in ("params", "values", "user_attrs")}
        return replace(self, **own)

    @property
    def is_open(self) -> bool:
        """Whether the trial still waits for its result."""
        return self.status in OPEN

    @property
    def last_step(self) -> int | None:
        """The last step that it reported; None before the first."""
        return max(self.intermediate_values, default=None)

    @property
    def last_value(self) -> float | None:
        """What it reported there."""
        return None if self.last_step is None else self.intermediate_values[self.last_step]

    def report(self, step: int, value: float) -> None:
        """Tells the study how the objective stands on the way, for `should_prune` and the learning curves.

        A step that was reported before is left as it was.

        Args:
            step: how far the evaluation is (epochs, iterations, folds), 0 or more.
            value: the objective so far; NaN or infinity where it diverged.

        Raises:
            InvalidInputError: a step that is no whole number, a value that is no number, or a trial that is
                only looked at (`study.trials`).
        """
        self._reporting().report(self.number, check_step(step), check_value(value))

    def should_prune(self) -> bool:
        """Whether the study's pruner would stop this trial now, by what it has reported.

        Raises:
            InvalidInputError: a trial that is only looked at (`study.trials`).
        """
        return self._reporting().should_prune(self.number)

    def _reporting(self) -> Reporter:
        if self.reporter is None:
            raise InvalidInputError(
                f"trial {self.number} was read from the study; only a trial that `ask` returned, or a run "
                "handed to its function, can report or be pruned"
            )
        return self.reporter

    def __eq__(self, other: object) -> bool:
        """Whether all is the same, of arrays among the parameters every entry; who reports does not count."""
        if not isinstance(other, Trial):
            return NotImplemented
        import numpy as np  # which workers do without

        rest = [one.name for one in fields(self) if one.compare and one.name != "params"]
        return (
            all(getattr(self, name) == getattr(other, name) for name in rest)
            and self.params.keys() == other.params.keys()
            and all(np.array_equal(value, other.params[name]) for name, value in self.params.items())
        )

    def __repr__(self) -> str:
        """What is known of it, without times and traceback."""
        blank = Trial(self.number, self.params)
        names = [one.name for one in fields(self) if one.repr]
        told = [name for name in names if name in _SHOWN or getattr(self, name) != getattr(blank, name)]
        return f"Trial({', '.join(f'{name}={getattr(self, name)!r}' for name in told)})"

    def __getstate__(self) -> dict[str, Any]:
        # The reporter belongs to this process.
        return {**self.__dict__, "reporter": None}

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


def check_step(step: Any) -> int:
    """`step` if it can be one.

    Raises:
        InvalidInputError: it is no whole number, or negative.
    """
    try:
        whole = index(step)
    except TypeError:
        whole = -1
    if isinstance(step, bool) or not 0 <= whole < 2**63:
        raise InvalidInputError(
            f"the step is {step!r}; it must be a whole number, 0 or more: report(step, value)"
        )
    return whole


def check_value(value: Any) -> float:
    """`value` as a number, finite or not.

    Raises:
        InvalidInputError: it is no number.
    """
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise InvalidInputError(f"the value reported is {value!r}; it must be a number") from None
