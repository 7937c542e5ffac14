"""The files of one job: what it evaluates, its script, its id, its result."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from augury.study.result import Failure
from augury.study.signals import Pruned

_SHOWN = 500  # characters of a job's output that are kept as the reason of a failure
FAILED, TRANSIENT, TRACEBACK, PRUNED = "failed", "transient", "traceback", "pruned"


@dataclass(frozen=True)
class JobFolder:
    """The folder of one job of a trial, on a file system that its machine sees too.

    Args:
        path: the folder; made when it is written to.
    """

    path: Path

    @property
    def trial_file(self) -> Path:
        """What the job evaluates, for `augury evaluate`."""
        return self.path / "trial.json"

    @property
    def params_file(self) -> Path:
        """The parameters alone, for programs of the user's own."""
        return self.path / "params.json"

    @property
    def result_file(self) -> Path:
        """Where the job leaves its result."""
        return self.path / "result.json"

    @property
    def script_file(self) -> Path:
        """The filled-in template."""
        return self.path / "job.sh"

    @property
    def _id_file(self) -> Path:
        return self.path / "job.json"

    @property
    def may_be_submitted(self) -> bool:
        """Whether a run came as far as to submit the job, be it that it did not note the id any more."""
        return self.script_file.exists()

    @property
    def job_id(self) -> str | None:
        """The id that the batch system gave the job, once that is noted."""
        try:
            return str(json.loads(self._id_file.read_text(encoding="utf-8"))["id"])
        except FileNotFoundError:
            return None

    def note_id(self, job_id: str) -> None:
        """Notes the id."""
        write_json(self._id_file, {"id": job_id})

    def write(self, trial: Mapping[str, Any], script: str) -> None:
        """Writes everything that the job needs; the script comes last."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_json(self.trial_file, trial)
        write_json(self.params_file, trial["params"])
        _write(self.script_file, script)
        self.script_file.chmod(0o755)

    @property
    def has_result(self) -> bool:
        """Whether there is a result, be it only the beginning of one."""
        return self.result_file.exists()

    def result(self, outcomes: Collection[str]) -> Any:
        """What the job left as its result, as `tell` takes it.

        A number, [value, standard error], {outcome: either}; or {"failed": reason}, with "transient": true
        where the point is not to blame, or {"pruned": reason}.

        Raises:
            ValueError: it is no JSON, or not whole yet.
        """
        told = json.loads(self.result_file.read_text(encoding="utf-8"))
        if isinstance(told, dict) and FAILED in told and FAILED not in outcomes:
            return Failure(str(told[FAILED]), told.get(TRANSIENT) is True, told.get(TRACEBACK))
        if isinstance(told, dict) and PRUNED in told and PRUNED not in outcomes:
            return Pruned(str(told[PRUNED] or ""))
        return told

    def output(self) -> str:
        """The end of what the job printed."""
        files = sorted(self.path.glob("*.out"), key=lambda file: file.stat().st_mtime)
        text = files[-1].read_text(encoding="utf-8", errors="replace") if files else ""
        return " ".join(text.split())[-_SHOWN:] or "it printed nothing"

    def set_aside(self) -> Path:
        """Makes room for another attempt under the same name; returns where the files are now."""
        others = (self.path.with_name(f"{self.path.name}.{n}") for n in count(1))
        return self.path.rename(next(other for other in others if not other.exists()))


def result_document(told: Any) -> Any:
    """A result as JSON; see `JobFolder.result`."""
    if isinstance(told, Failure):
        return {FAILED: told.reason, TRANSIENT: told.transient, TRACEBACK: told.traceback}
    return {PRUNED: told.reason} if isinstance(told, Pruned) else told


def write_json(path: Path, document: Any) -> None:
    """Writes a whole file or none, so that nobody reads a half."""
    _write(path, json.dumps(document, indent=2) + "\n")


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
