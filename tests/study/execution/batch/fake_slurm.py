"""A stand-in for Slurm: `python fake_slurm.py PROGRAM FOLDER ARGUMENTS` acts as one of its programs.

The folder has a file for each job, `<id>.json`; tests say what becomes of a job by changing it (`Cluster`).
What sbatch, squeue and scancel do otherwise follows their manual pages.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


class Cluster:
    """The other side of the stand-in: its queue, as the cluster's administrator sees it.

    Args:
        folder: where its jobs are; its programs are in `bin`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        for program in ("sbatch", "squeue", "scancel", "sacct"):
            file = self.bin / program
            file.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {__file__} {program} {folder} "$@"\n')
            file.chmod(0o755)

    def jobs(self) -> dict[str, dict[str, Any]]:
        """All jobs by id, in the order of their submission."""
        files = sorted(self.folder.glob("*.json"), key=lambda file: int(file.stem))
        return {file.stem: json.loads(file.read_text()) for file in files}

    def ids(self, *states: str) -> list[str]:
        """The jobs in one of these states."""
        return [job_id for job_id, job in self.jobs().items() if job["state"] in states]

    def set(self, job_id: str, **changes: Any) -> None:
        """Changes what is known of a job."""
        _write(self.folder, job_id, {**_read(self.folder, job_id), **changes})

    def run(self, job_id: str) -> None:
        """Runs a job's script to its end, as a machine of the cluster would."""
        job = _read(self.folder, job_id)
        self.set(job_id, state="RUNNING")
        output = Path(job["directory"]) / f"slurm-{job_id}.out"
        with output.open("w") as file:
            code = subprocess.run(
                [job["script"]], cwd=job["directory"], stdout=file, stderr=subprocess.STDOUT, check=False
            ).returncode
        self.set(job_id, state="COMPLETED" if code == 0 else "FAILED")

    def forget(self, job_id: str) -> None:
        """Lets squeue forget a job, as it does some minutes after its end."""
        self.set(job_id, forgotten=True)

    def refuse(self, program: str, message: str | None) -> None:
        """Lets a program fail with a message; None puts it right again."""
        file = self.folder / f"{program}.refuses"
        if message is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(message)

    def calls(self, program: str) -> list[list[str]]:
        """The arguments of each call of a program so far."""
        file = self.folder / f"{program}.calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def _read(folder: Path, job_id: str) -> dict[str, Any]:
    job: dict[str, Any] = json.loads((folder / f"{job_id}.json").read_text())
    return job


def _write(folder: Path, job_id: str, job: dict[str, Any]) -> None:
    part = folder / f"{job_id}.part{os.getpid()}"
    part.write_text(json.dumps(job))
    part.replace(folder / f"{job_id}.json")


def _options(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    options = dict(one[2:].partition("=")[::2] for one in arguments if one.startswith("--"))
    return options, [one for one in arguments if not one.startswith("--")]


def sbatch(folder: Path, options: dict[str, str], rest: list[str]) -> int:
    """Takes a job."""
    (script,) = rest
    if not Path(script).read_text().startswith("#!"):
        print("sbatch: error: This does not look like a batch script.", file=sys.stderr)
        return 1
    job = {"name": options["job-name"], "state": "PENDING", "directory": options["chdir"], "script": script}
    part = folder / f"sbatch.part{os.getpid()}"
    part.write_text(json.dumps(job))
    for number in range(1, 10**6):
        with contextlib.suppress(FileExistsError):
            (folder / f"{number}.json").hardlink_to(part)  # takes the number with the job whole in it
            break
    part.unlink()
    print(f"{number};cluster")
    return 0


def squeue(folder: Path, options: dict[str, str], rest: list[str]) -> int:
    """Lists the jobs of a user."""
    assert options["format"] == "%i|%T|%j"
    assert options["states"] == "all"
    for file in sorted(folder.glob("*.json")):
        job = json.loads(file.read_text())
        if not job.get("forgotten"):
            print(f"{file.stem}|{job['state']}|{job['name']}")
    return 0


def sacct(folder: Path, options: dict[str, str], rest: list[str]) -> int:
    """Tells of one job what the accounting knows."""
    assert options["format"] == "State,JobName"
    job = _read(folder, options["jobs"])
    if not job.get("unaccounted"):
        print(f"{job['state']}{' by 1000' if job['state'] == 'CANCELLED' else ''}|{job['name']}")
    return 0


def scancel(folder: Path, options: dict[str, str], rest: list[str]) -> int:
    """Cancels jobs that have not ended."""
    for job_id in rest:
        job = _read(folder, job_id)
        if job["state"] in ("PENDING", "RUNNING", "SUSPENDED"):
            _write(folder, job_id, {**job, "state": "CANCELLED"})
    return 0


def main() -> int:
    program, folder, *arguments = sys.argv[1:]
    place = Path(folder)
    with (place / f"{program}.calls").open("a") as file:
        file.write(json.dumps(arguments) + "\n")
    refusal = place / f"{program}.refuses"
    if refusal.exists():
        print(refusal.read_text(), file=sys.stderr)
        return 1
    return int(globals()[program](place, *_options(arguments)))


if __name__ == "__main__":
    sys.exit(main())
