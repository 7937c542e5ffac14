"""What is needed of a batch system."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Fate(Enum):
    """What a job's state means for its trial, as long as there is no result."""

    ALIVE = "it may still give one"
    ENDED = "its script came to its end"
    STOPPED = "it was killed for using more time or memory than it asked for"
    TAKEN = "its machine was taken away: pre-empted, or broken"
    CANCELLED = "somebody cancelled it"


@dataclass(frozen=True)
class Job:
    """A job as the system reports it: its name, and its state in the system's own word."""

    name: str
    state: str
    fate: Fate


class BatchSystemError(Exception):
    """The system did not do what it was asked; its own words are the message."""


class BatchSystem(ABC):
    """Submits job scripts and knows what became of them."""

    @abstractmethod
    def check(self) -> None:
        """Refuses to work where the system cannot be reached at all.

        Raises:
            InvalidInputError: its programs are not installed here.
        """

    @abstractmethod
    def submit(self, script: Path, name: str) -> str:
        """Submits a script, which runs in its own folder, under a name; returns the job's id.

        Raises:
            BatchSystemError: the system refused it, or did not answer.
        """

    @abstractmethod
    def jobs(self) -> dict[str, Job]:
        """The user's jobs that the system remembers, by id; ended ones it may forget after minutes.

        Raises:
            BatchSystemError: the system did not answer, which says nothing about any job.
        """

    @abstractmethod
    def remembered(self, job_id: str) -> Job | None:
        """A job that `jobs` has forgotten, from the system's records; None where there is none."""

    @abstractmethod
    def cancel(self, job_ids: Collection[str]) -> None:
        """Cancels jobs; those that have ended are passed over."""
