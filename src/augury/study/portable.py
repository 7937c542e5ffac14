"""A study as one portable JSON file, and back."""

from __future__ import annotations

import base64
import binascii
import json
import math
import os
from collections.abc import Callable, Mapping
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any, Self

from augury.errors import InvalidInputError
from augury.space.array_params import as_lists
from augury.space.goals import Goals
from augury.space.space import Space
from augury.study.opening import check_name, check_names_differ, check_seed
from augury.study.reader import StudyReader
from augury.study.store import Store
from augury.study.store.whole import REPLICATE, STUDY, TRIAL, read_whole, without_run, write_whole
from augury.study.trial import COMPLETE, FAILED, ORIGINS, STATUSES
from augury.whole_file import check_parent, replacing

FORMAT = "augury-study"
VERSION = 1
#: version -> what makes of a document of that version one of the next; so files of every version can be read.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}

_WANTED = "give a file that `augury export --whole` or Study.export wrote"

Document = dict[str, Any]


class PortableStudy(StudyReader):
    """A study that can be written into one file and read from it, with every trial as it is."""

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write the whole study into one JSON file; an older file of that name is replaced by a complete one.

        Trials keep their numbers, results, replicates, reports, predictions, times and notes; one that is
        being evaluated waits in the queue of the copy. Their working directories are not in the file.

        Args:
            path: the file.

        Raises:
            InvalidInputError: its folder does not exist.
        """
        target = Path(path)
        check_parent(target)
        study = read_whole(self.store, self._record)
        document = {
            "format": FORMAT,
            "version": VERSION,
            "augury": installed_version("augury"),
            "study": study,
        }
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
        with replacing(target) as part:
            part.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def import_(
        cls,
        path: str | os.PathLike[str],
        store: str | os.PathLike[str] | Store | None = "study.db",
        *,
        name: str | None = None,
    ) -> Self:
        """The study of a file that `export` wrote, in a store.

        Args:
            path: the file.
            store: a file name, a `postgresql://` URL, an open `Store`, or None for memory.
            name: its name in the store; None for its own.

        Raises:
            InvalidInputError: no such file, or one that `export` did not write, of a newer version or
                damaged; a study of that name is in the store already.
        """
        document = read_document(path)
        if name is not None:
            document["name"] = check_name(name)
        opened = store if isinstance(store, Store) else Store(store)
        if not write_whole(opened, document):
            raise InvalidInputError(
                f"{opened.location} already has a study {document['name']!r}; give this one another name, or "
                "take another store"
            )
        return cls.load(opened, document["name"])  # type: ignore[attr-defined]


def read_document(path: str | os.PathLike[str]) -> Document:
    """The study in a file, brought to this version and checked throughout.

    Raises:
        InvalidInputError: as `PortableStudy.import_`.
    """
    source = os.fspath(path)
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError(f"cannot read {source}: {error.strerror}") from None
    except ValueError as error:
        raise InvalidInputError(f"{source} is no JSON file ({error}); {_WANTED}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InvalidInputError(f"{source} is no exported study; {_WANTED}")
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InvalidInputError(f"{source} is damaged: its version is {version!r}")
    if version > VERSION:
        raise InvalidInputError(
            f"{source} has format version {version}; this augury reads up to {VERSION}: update augury"
        )
    while version < VERSION:
        document, version = MIGRATIONS[version](document), version + 1
    try:
        return _checked(document["study"])
    except InvalidInputError as error:
        raise InvalidInputError(f"{source} is damaged: {error}") from None
    except KeyError as error:
        raise InvalidInputError(f"{source} is damaged: {error} is missing") from None
    except (TypeError, ValueError, AttributeError, LookupError, OverflowError) as error:
        raise InvalidInputError(f"{source} is damaged: a part of it is of the wrong kind ({error})") from None


def _checked(study: Document) -> Document:
    space, goals = Space.from_dict(study["space"]), Goals.from_dict(study["goals"])
    check_names_differ(space, goals)
    check_name(study["name"])
    if check_seed(study["seed"]) is None:
        raise InvalidInputError("the seed is missing")
    if not isinstance(study["settings"], Mapping):
        raise InvalidInputError("its settings are no object")
    _time(study["created"])
    state = study.get("state")
    if state is not None:
        try:
            base64.b64decode(state, validate=True)
        except (binascii.Error, TypeError, ValueError):
            state = None  # losing it costs time, never correctness
    trials = [_trial(one, space, goals) for one in study["trials"]]
    numbers = [one["number"] for one in trials]
    following = study["next_number"]
    if len(set(numbers)) < len(numbers) or max(numbers, default=-1) >= following:
        raise InvalidInputError("trial numbers occur twice, or are not below the next one")
    known = {name: study[name] for name in STUDY}
    strategy = study["state_strategy"]
    return known | {
        "settings": without_run(study["settings"]),
        "state": state,
        "state_strategy": strategy if isinstance(strategy, str) else None,
        "next_number": _count(following),
        "trials": trials,
    }


def _trial(one: Document, space: Space, goals: Goals) -> Document:
    what = f"trial {one['number']!r}"
    if one["status"] not in STATUSES or one["origin"] not in ORIGINS:
        raise InvalidInputError(f"{what} has the status {one['status']!r} and the origin {one['origin']!r}")
    try:
        params = as_lists(space.validate(one["params"]))
    except InvalidInputError as error:
        raise InvalidInputError(f"{what}: {error}") from None
    _count(one["number"]), _count(one["attempts"])
    for time in ("created", "started", "finished"):
        if one[time] is not None or time == "created":
            _time(one[time])
    if one["cost"] is not None:
        _finite(one["cost"])
    if not isinstance(one["user_attrs"], Mapping) or not isinstance(one["prediction"], (Mapping, type(None))):
        raise InvalidInputError(f"{what}: notes and prediction must be objects")
    for name in ("transient", "handed_out"):
        if not isinstance(one[name], bool):
            raise InvalidInputError(f"{what}: {name} is {one[name]!r}")
    # in files of before, late results have no cost
    replicates = [{"cost": None, **replicate} for replicate in one["replicates"]]
    late = [{name: replicate[name] for name in REPLICATE} for replicate in replicates]
    for replicate in late:
        if replicate["status"] not in (COMPLETE, FAILED):
            raise InvalidInputError(f"{what}: a late result has the status {replicate['status']!r}")
        _time(replicate["told"])
        if replicate["cost"] is not None:
            _finite(replicate["cost"])
    for told in (one, *late):
        _check_measured(told["measured"], goals, what)
        if not all(isinstance(told[name], (str, type(None))) for name in ("reason", "traceback")):
            raise InvalidInputError(f"{what}: reason and traceback must be text")
    reported = [[_count(step), None if value is None else _finite(value)] for step, value in one["reports"]]
    if len({step for step, _ in reported}) < len(reported):
        raise InvalidInputError(f"{what}: a step was reported twice")
    known = {name: one[name] for name in TRIAL}
    return known | {"params": params, "replicates": late, "reports": reported}


def _check_measured(measured: Any, goals: Goals, what: str) -> None:
    for name, (value, stderr, *gradient) in ({} if measured is None else measured).items():
        if name not in goals.outcomes:
            raise InvalidInputError(f"{what} has a result {name!r}, which is no goal")
        _finite(value)
        if stderr is not None and _finite(stderr) < 0:
            raise InvalidInputError(f"{what}: a standard error is negative")
        for slopes in gradient:
            for slope in slopes.values():
                _finite(slope)


def _finite(number: Any) -> float:
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
        raise InvalidInputError(f"{number!r} must be a finite number")
    return float(number)


def _time(seconds: Any) -> None:
    if not 0.0 <= _finite(seconds) < 1e11:
        raise InvalidInputError(f"{seconds!r} is no time in seconds since 1970")


def _count(number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**31:
        raise InvalidInputError(f"{number!r} must be a whole number, 0 or more")
    return number
