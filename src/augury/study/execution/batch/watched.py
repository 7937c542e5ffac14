"""One job that a run watches, and what its end without a result means."""

from __future__ import annotations

from dataclasses import dataclass

from augury.errors import InvalidInputError
from augury.study.execution.batch.folder import JobFolder
from augury.study.execution.batch.system import Fate, Job
from augury.study.execution.pool import Outcome
from augury.study.result import Failure
from augury.study.trial import Trial


@dataclass
class WatchedJob:
    """A trial's job.

    Args:
        trial: the trial.
        name: the job's name, by which it is found where its id was not noted.
        folder: its files.
        job_id: its id; None until the system has taken it.
        last: what the system last said of it.
        missing_since: when it was first seen to have ended without a result.
    """

    trial: Trial
    name: str
    folder: JobFolder
    job_id: str | None = None
    last: Job | None = None
    missing_since: float | None = None

    @property
    def goes_on(self) -> bool:
        """Whether the job was not known to have ended when the system was last asked."""
        return self.last is None or self.last.fate is Fate.ALIVE

    def see(self, job: Job | None, now: float) -> None:
        """Takes what the system says now; None when it has forgotten the job."""
        if job is not None:
            self.last = job
        is_alive = job is not None and job.fate is Fate.ALIVE
        if is_alive:
            self.missing_since = None
        elif self.missing_since is None:
            self.missing_since = now

    def is_over(self, now: float, grace: float) -> bool:
        """Whether no result will come any more."""
        return self.missing_since is not None and now - self.missing_since >= grace

    def take(self, job_id: str) -> None:
        """The system has the job, under this id."""
        self.job_id = job_id
        self.folder.note_id(job_id)

    def outcome_without_result(self, has_worked: bool) -> Outcome:
        """What its end means for the trial.

        Args:
            has_worked: whether any job of the study has given a result.

        Raises:
            InvalidInputError: no job has, so the script is to blame and not the point.
        """
        job = self.last
        if job is None or self.goes_on:
            what = f"job {self.job_id} disappeared without a result"
            return Outcome(self.trial.number, what, died=True)
        what = f"job {self.job_id} ended as {job.state} without a result"
        if self.folder.has_result:
            return Outcome(
                self.trial.number, Failure(f"{self.folder.result_file.name} of its job is no JSON")
            )
        if job.fate is Fate.TAKEN:
            return Outcome(self.trial.number, what, died=True, is_blameless=True)
        if job.fate is Fate.CANCELLED:
            return Outcome(self.trial.number, Failure(what, transient=True))
        reason = f"{what}; its output ends: {self.folder.output()}"
        if job.fate is Fate.ENDED and not has_worked:
            where = self.folder.set_aside()
            raise InvalidInputError(
                f"{reason} (no job has given a result yet, so look at the template and at {where})"
            )
        return Outcome(self.trial.number, Failure(reason))
