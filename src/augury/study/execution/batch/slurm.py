"""Slurm, by its own programs: sbatch, squeue, scancel, and sacct where there is one."""

from __future__ import annotations

import getpass
import shutil
import subprocess
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from augury.errors import InvalidInputError
from augury.study.execution.batch.system import BatchSystem, BatchSystemError, Fate, Job

_ANSWER = 60.0  # seconds that a program of Slurm's has to answer
_SHOWN = 500  # characters of its complaint that are shown

# https://slurm.schedmd.com/job_state_codes.html; every other state is of a job that goes on.
_FATES = {
    "COMPLETED": Fate.ENDED,
    "FAILED": Fate.ENDED,
    "TIMEOUT": Fate.STOPPED,
    "OUT_OF_MEMORY": Fate.STOPPED,
    "DEADLINE": Fate.STOPPED,
    "PREEMPTED": Fate.TAKEN,
    "NODE_FAIL": Fate.TAKEN,
    "BOOT_FAIL": Fate.TAKEN,
    "LAUNCH_FAILED": Fate.TAKEN,
    "REVOKED": Fate.TAKEN,
    "CANCELLED": Fate.CANCELLED,
}


class Slurm(BatchSystem):
    """The Slurm cluster of this login node."""

    def check(self) -> None:
        missing = [name for name in ("sbatch", "squeue", "scancel") if shutil.which(name) is None]
        if missing:
            raise InvalidInputError(
                f"there is no program {missing[0]!r} here; jobs are submitted from a login node of a Slurm "
                "cluster"
            )

    def submit(self, script: Path, name: str) -> str:
        options = ["--parsable", f"--job-name={name}", f"--chdir={script.parent}"]
        answer = _run("sbatch", *options, str(script))
        job_id = answer.strip().rpartition("\n")[2].partition(";")[0]  # "id" or "id;cluster"
        if not job_id.isdecimal():
            raise BatchSystemError(f"sbatch answered {answer.strip()[:_SHOWN]!r} instead of a job's number")
        return job_id

    def jobs(self) -> dict[str, Job]:
        user = getpass.getuser()
        answer = _run("squeue", "--noheader", "--states=all", f"--user={user}", "--format=%i|%T|%j")
        found = {}
        for line in answer.splitlines():
            job_id, state, name = line.strip().split("|", 2)
            found[job_id] = _job(name, state)
        return found

    def remembered(self, job_id: str) -> Job | None:
        if shutil.which("sacct") is None:
            return None
        with suppress(BatchSystemError):
            options = ["--noheader", "--parsable2", "--allocations", f"--jobs={job_id}"]
            for line in _run("sacct", *options, "--format=State,JobName").splitlines():
                state, _, name = line.partition("|")
                return _job(name, state)
        return None

    def cancel(self, job_ids: Collection[str]) -> None:
        if job_ids:
            with suppress(BatchSystemError):
                _run("scancel", *job_ids)


def _job(name: str, state: str) -> Job:
    word = state.partition(" ")[0].rstrip("+")  # "CANCELLED by 1000", "OUT_OF_ME+"
    fate = next((fate for known, fate in _FATES.items() if known == word), Fate.ALIVE)
    return Job(name, word, fate)


def _run(program: str, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - Slurm's own programs, as a list of arguments
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BatchSystemError(f"{program} did not answer within {_ANSWER:g} s") from None
    except OSError as error:
        raise BatchSystemError(f"{program} cannot be run: {error}") from None
    if done.returncode != 0:
        complaint = " ".join(done.stderr.split())[-_SHOWN:] or f"exit code {done.returncode}"
        raise BatchSystemError(f"{program} refused: {complaint}")
    return done.stdout
