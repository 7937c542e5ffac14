"""One evaluation inside a job: from its trial file to its result file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import NoneType
from typing import Any, cast

from augury.errors import InvalidInputError
from augury.space.array_params import as_lists, from_lists
from augury.study.execution.batch.folder import JobFolder, result_document, write_json
from augury.study.execution.batch.target import is_target, read_target
from augury.study.execution.objective import Objective
from augury.study.execution.process_pool import ProcessPool
from augury.study.result import Failure
from augury.study.trial import Trial

VERSION = 1


def trial_document(
    trial: Trial, names: list[str], target: dict[str, Any], timeout: float | None
) -> dict[str, Any]:
    """What a job needs to evaluate a trial."""
    return {
        "version": VERSION,
        "number": trial.number,
        "directory": str(trial.study_directory),
        "params": as_lists(trial.params),
        "names": names,
        "target": target,
        "timeout": timeout,
    }


def evaluate_job(trial_file: str | os.PathLike[str]) -> Any:
    """Evaluates the trial of a file and writes the result beside it.

    Returns:
        The result, as it was written.

    Raises:
        InvalidInputError: no such file, or it is none of ours, or what it evaluates is not here.
    """
    path = Path(trial_file).absolute()
    document = _read(path)
    function = read_target(document["target"], document["names"])
    objective = Objective(function, document["names"])
    folder = JobFolder(path.parent)
    trial = Trial(
        document["number"], from_lists(document["params"]), study_directory=Path(document["directory"])
    )
    told = result_document(_evaluate(objective, trial, document["timeout"]))
    write_json(folder.result_file, told)
    return told


def _evaluate(objective: Objective, trial: Trial, timeout: float | None) -> Any:
    if timeout is None:
        return objective.evaluate(trial)
    pool = ProcessPool(objective, 1, _Unheard(), timeout)
    try:
        pool.submit(trial)
        while not (outcomes := pool.wait(60.0)):
            pass
    finally:
        pool.close()
    return Failure(str(outcomes[0].told)) if outcomes[0].died else outcomes[0].told


class _Unheard:
    """A reporter that is never called: what reports is refused before it is submitted."""

    def report(self, number: int, step: int, value: float) -> None:
        raise AssertionError

    def should_prune(self, number: int) -> bool:
        raise AssertionError


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise InvalidInputError(f"{path} is no trial file: it is not JSON") from None
    version = document.get("version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise InvalidInputError(
            f"{path} is a trial file of version {version}, this augury reads version {VERSION}"
        )
    if version != VERSION or not _is_whole(document):
        raise InvalidInputError(f"{path} is no trial file that `augury run --submit` wrote")
    return cast("dict[str, Any]", document)


def _is_whole(document: dict[str, Any]) -> bool:
    kinds: dict[str, Any] = {
        "number": int,
        "directory": str,
        "params": dict,
        "names": list,
        "target": dict,
        "timeout": (int, float, NoneType),
    }
    return all(isinstance(document.get(key, ...), kind) for key, kind in kinds.items()) and is_target(
        document["target"]
    )
