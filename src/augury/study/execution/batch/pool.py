"""Trials as jobs of a batch system, watched from outside."""

from __future__ import annotations

import sys
import time
import warnings
from hashlib import sha256
from typing import TYPE_CHECKING

from augury.errors import InvalidInputError, NotSupportedError
from augury.study.execution.batch.evaluation import trial_document
from augury.study.execution.batch.folder import JobFolder
from augury.study.execution.batch.jobs import BatchJobs
from augury.study.execution.batch.system import BatchSystemError, Fate
from augury.study.execution.batch.target import target_document
from augury.study.execution.batch.watched import WatchedJob
from augury.study.execution.objective import Objective
from augury.study.execution.pool import Outcome, Pool
from augury.study.store import StudyRecord
from augury.study.trial import COMPLETE, Trial

if TYPE_CHECKING:
    from augury.study.study import Study

_LOOK = 1.0  # seconds between two looks for results


class JobPool(Pool):
    """Submits a job for each trial, in a folder of the trial's own, and waits for the file of its result.

    Everything that a job needs, and its id, are in that folder, whose name and the job's name say which
    attempt at which trial it is. So a run that was killed finds its jobs again when it is given its trials
    again: it takes a result that is there, and watches a job that is not yet over; only a job that was never
    submitted is submitted.

    Args:
        study: the study.
        record: how the store knows it.
        objective: what the jobs evaluate.
        jobs: the template, and the batch system.
        workers: how many jobs may wait or run at a time.
        timeout: seconds that an evaluation may take, from its start inside the job.

    Raises:
        InvalidInputError: no number of jobs, a function that jobs cannot import, or a study in memory.
        NotSupportedError: a function that wants the trial, whose reports cannot come back from a job.
    """

    outlives_run = True

    def __init__(
        self,
        study: Study,
        record: StudyRecord,
        objective: Objective,
        jobs: BatchJobs,
        workers: int | None,
        timeout: float | None,
    ) -> None:
        if objective.with_trial:
            raise NotSupportedError(
                "evaluations in jobs cannot report: leave out the function's argument `trial`"
            )
        if workers is None:
            raise InvalidInputError(
                "nothing says how many jobs may wait or run at a time; "
                "give workers= (--workers, [run] workers)"
            )
        if study.store.location.directory is None:
            raise InvalidInputError("a study in memory has no folders for jobs; give it a store in a file")
        self._study = study
        self._jobs = jobs
        self._workers = workers
        self._timeout = timeout
        self._target = target_document(objective.function)
        # No other study may take this one's jobs for its own, not even one in its place in the store.
        identity = f"{study.store.location}|{record.name}|{record.seed}|{record.created!r}"
        self._key = sha256(identity.encode()).hexdigest()[:10]
        self._watched: dict[int, WatchedJob] = {}
        self._has_worked = any(one.status == COMPLETE and one.origin == "run" for one in study.trials)
        self._has_submitted = False
        self._complaint = ""
        self._look_at = self._poll_at = float("-inf")

    @property
    def free(self) -> int:
        return self._workers - len(self._watched)

    @property
    def busy(self) -> bool:
        return bool(self._watched)

    def submit(self, trial: Trial) -> None:
        attempt = f"{self._key}-{trial.number}-{trial.attempts}"
        assert trial.directory is not None
        folder = JobFolder(trial.directory / f"job-{attempt}")
        job = WatchedJob(trial, f"augury-{attempt}", folder, folder.job_id)
        self._watched[trial.number] = job
        if folder.may_be_submitted:
            self._poll_at = float("-inf")  # the system knows; if it does not, the job is submitted then
        else:
            self._hand_in(job)

    def _hand_in(self, job: WatchedJob) -> None:
        folder, trial = job.folder, job.trial
        script = self._jobs.template.filled(
            [sys.executable, "-m", "augury", "evaluate", str(folder.trial_file)],
            params=str(folder.params_file),
            result=str(folder.result_file),
            directory=str(folder.path),
            trial=str(trial.number),
            study=self._study.name,
        )
        folder.write(
            trial_document(trial, self._study.space.param_names, self._target, self._timeout), script
        )
        try:
            job.take(self._jobs.system.submit(folder.script_file, job.name))
            self._has_submitted = True
        except BatchSystemError as error:
            if not self._has_submitted:
                raise InvalidInputError(f"{error} (the script: {folder.script_file})") from None
            self._complain(error)  # the queue may be full, or the system busy; it is asked again

    def wait(self, seconds: float) -> list[Outcome]:
        outcomes = self._look()
        if not outcomes and seconds > 0:
            time.sleep(seconds)
            outcomes = self._look()
        return outcomes

    def _look(self) -> list[Outcome]:
        """The results that are there, and the jobs that ended without one."""
        now = time.monotonic()
        if now >= self._poll_at:
            self._poll(now)
            self._poll_at = now + self._jobs.poll
        elif now < self._look_at:
            return []
        self._look_at = now + _LOOK
        found = [self._outcome(job, now) for job in self._watched.values()]
        outcomes = [one for one in found if one is not None]
        for one in outcomes:
            del self._watched[one.number]
        return outcomes

    def _outcome(self, job: WatchedJob, now: float) -> Outcome | None:
        if job.folder.has_result:
            try:
                told = job.folder.result(self._study.goals.outcomes)
                self._has_worked = True
                return Outcome(job.trial.number, told)
            except ValueError:
                pass  # it may be half written
        if not job.is_over(now, self._jobs.grace):
            return None
        if job.goes_on and job.job_id is not None:
            job.see(self._jobs.system.remembered(job.job_id), now)
            if not job.is_over(now, self._jobs.grace):
                return None
        return job.outcome_without_result(self._has_worked)

    def _poll(self, now: float) -> None:
        try:
            listed = self._jobs.system.jobs()
        except BatchSystemError as error:
            self._complain(error)
            return
        self._drop_closed()
        alive_last = sorted(listed, key=lambda job_id: listed[job_id].fate is Fate.ALIVE)
        by_name = {listed[job_id].name: job_id for job_id in alive_last}
        for job in self._watched.values():
            if job.job_id is None and job.name in by_name:
                job.take(by_name[job.name])
            elif job.job_id is None and not job.folder.has_result:
                self._hand_in(job)
                continue
            if job.job_id is not None:
                job.see(listed.get(job.job_id), now)

    def _drop_closed(self) -> None:
        """Cancels the jobs of trials that somebody has told or abandoned meanwhile."""
        is_open = {one.number for one in self._study.trials if one.is_open}
        closed = [job for number, job in self._watched.items() if number not in is_open]
        self._jobs.system.cancel([job.job_id for job in closed if job.job_id is not None])
        for job in closed:
            del self._watched[job.trial.number]

    def _complain(self, error: BatchSystemError) -> None:
        if str(error) != self._complaint:
            self._complaint = str(error)
            warnings.warn(f"{error}; asking again every {self._jobs.poll:g} s", stacklevel=2)

    def close(self) -> None:
        """Leaves the jobs as they are: the next run takes their results."""
