"""A study written down as a TOML file.

version = 1

[study]
name = "reactor"                 # default "default"
store = "reactor.db"             # beside this file unless absolute; default: this file's name with .db
seed = 1

[space]                          # see augury.space.toml
temperature = {low = 20.0, high = 120.0}
solvent = ["DMF", "DMAc"]

[[goal]]
maximize = "yield"               # or minimize = ...

[[constraint]]
name = "pressure"
upper = 5.0                      # and/or lower = ...

[run]
function = "simulation:reactor"  # or command = ["python", "simulate.py", "--t", "{temperature}"]
budget = 40
workers = 2
timeout = 600                    # seconds for one evaluation
"""

from __future__ import annotations

import difflib
import os
import shlex
import sys
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from augury.errors import AuguryError, InvalidInputError
from augury.space.goals import Constraint, Goals, Maximize, Minimize
from augury.space.space import Space
from augury.space.toml import space_from_toml
from augury.study.command import Command
from augury.study.parts import Parts
from augury.study.study import Study

VERSION = 1

_TABLES = ("version", "study", "space", "goal", "constraint", "run")
_STUDY = ("name", "store", "seed", "strategy", "model", "acquisition")
_OBJECTIVE = ("threshold", "risk", "level")
_RUN = ("function", "command", "budget", "workers", "timeout")


@dataclass(frozen=True)
class RunSettings:
    """The `[run]` table: what to evaluate, how often and how; `budget` None when the file gives none."""

    function: str | None = None
    command: tuple[str, ...] | None = None
    budget: int | None = None
    workers: int = 1
    timeout: float | None = None


@dataclass(frozen=True)
class StudyFile:
    """A study file, read and checked.

    Args:
        path: the file.
        space, goals: what it defines.
        settings: name, store, seed, strategy, model and acquisition, where given, as `Study` takes them.
        run: the `[run]` table.
    """

    path: Path
    space: Space
    goals: Goals
    settings: Mapping[str, Any]
    run: RunSettings

    def with_settings(self, **settings: Any) -> StudyFile:
        """The same file with other settings of its `[study]` table."""
        return replace(self, settings={**self.settings, **settings})

    def open(self) -> Study:
        """The study, new or continued.

        Raises:
            NotSupportedError: its strategy does not decide on such goals; no study is made then.
        """
        parts = {name: self.settings.get(name, "auto") for name in ("strategy", "model", "acquisition")}
        Parts(**parts, space=self.space).strategy.check_goals(self.goals)
        return Study(self.space, self.goals, **self.settings)

    def function(self) -> Callable[..., Any]:
        """What is to be evaluated: the imported function, or the external command.

        Raises:
            InvalidInputError: it cannot be found.
        """
        folder = self.path.parent
        if self.run.command is not None:
            return Command([_beside(argument, folder) for argument in self.run.command], self.space.names)
        if self.run.function is None:
            raise InvalidInputError(
                f"{self.path}: [run] says nothing to evaluate; give function or command there"
            )
        return _import(self.run.function, folder)


def load_study_file(path: str | os.PathLike[str]) -> StudyFile:
    """Reads a study file.

    Raises:
        InvalidInputError: it cannot be read, is not TOML (the line is named), or defines no valid study.
    """
    path = Path(path).absolute()
    content = _parse(path)
    try:
        _check_version(content.get("version"))
        _check_keys("the file", content, _TABLES)
        run = _table(content, "run")
        return StudyFile(
            path=path,
            space=space_from_toml(_table(content, "space", required=True)),
            goals=_goals(content),
            settings=_settings(_table(content, "study"), path),
            run=_run_settings(run),
        )
    except AuguryError as error:
        raise type(error)(f"{path}: {error}") from error


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(f"{path} is not valid TOML: {error}") from None
    except UnicodeDecodeError:
        raise InvalidInputError(f"{path} is not text in UTF-8") from None
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}") from None


def _check_version(version: Any) -> None:
    if version is None:
        raise InvalidInputError(f"the line 'version = {VERSION}' is missing at the top")
    if version != VERSION or isinstance(version, bool):
        raise InvalidInputError(
            f"it is a study file of version {version!r}, this augury reads version {VERSION}"
        )


def _check_keys(where: str, table: Mapping[str, Any], allowed: Collection[str]) -> None:
    for key in table:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, 1, cutoff=0.0)[0]
            raise InvalidInputError(
                f"{where} has the unknown key {key!r}; did you mean {near!r}? Allowed: {', '.join(allowed)}"
            )


def _table(content: Mapping[str, Any], name: str, required: bool = False) -> dict[str, Any]:
    table = content.get(name, {})
    if not isinstance(table, dict):
        raise InvalidInputError(f"{name} is {table!r}; it must be a table, [{name}]")
    if required and not table:
        raise InvalidInputError(f"the table [{name}] is missing or empty")
    return table


def _tables(content: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    tables = content.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InvalidInputError(f"each {name} is a table of its own, headed [[{name}]]")
    return tables


def _goals(content: Mapping[str, Any]) -> Goals:
    objectives = [_objective(table) for table in _tables(content, "goal")]
    if not objectives:
        raise InvalidInputError('there is no goal; add [[goal]] with minimize = "name" or maximize = "name"')
    constraints = [_constraint(table) for table in _tables(content, "constraint")]
    return Goals([*objectives, *constraints])


def _objective(table: dict[str, Any]) -> Minimize | Maximize:
    _check_keys("[[goal]]", table, ("minimize", "maximize", *_OBJECTIVE))
    options = {key: table.get(key) for key in _OBJECTIVE}
    directions = {key: name for key, name in table.items() if key not in _OBJECTIVE}
    if len(directions) != 1:
        raise InvalidInputError(f'[[goal]] is {table!r}; give either minimize = "name" or maximize = "name"')
    [(direction, name)] = directions.items()
    return (Minimize if direction == "minimize" else Maximize)(name, **options)


def _constraint(table: dict[str, Any]) -> Constraint:
    _check_keys("[[constraint]]", table, ("name", "upper", "lower"))
    if "name" not in table:
        raise InvalidInputError(
            '[[constraint]] limits a measured outcome: give its name = "..." (limits on parameters are '
            "[space] constraints)"
        )
    return Constraint(**table)


def _settings(table: dict[str, Any], path: Path) -> dict[str, Any]:
    _check_keys("[study]", table, _STUDY)
    for key in ("name", "store", "strategy", "model", "acquisition"):
        _check_type("[study]", table, key, str, "text in quotes")
    _check_type("[study]", table, "seed", int, "a whole number")
    store = table.get("store", f"{path.stem}.db")
    return {**table, "store": store if "://" in store else path.parent / Path(store).expanduser()}


def _run_settings(table: dict[str, Any]) -> RunSettings:
    _check_keys("[run]", table, _RUN)
    if "function" in table and "command" in table:
        raise InvalidInputError("[run] has both function and command; give one of them")
    _check_type("[run]", table, "function", str, 'text such as "module:function"')
    _check_type("[run]", table, "command", (str, list), "a list of texts, or one text")
    for key in ("budget", "workers"):
        _check_type("[run]", table, key, int, "a whole number")
        if table.get(key, 1) < 1:
            raise InvalidInputError(f"[run] {key} is {table[key]}; it must be at least 1")
    _check_type("[run]", table, "timeout", (int, float), "a number of seconds")
    return RunSettings(**{**table, "command": _command(table.get("command"))})


def _check_type(where: str, table: Mapping[str, Any], key: str, kind: Any, text: str) -> None:
    if key in table and (not isinstance(table[key], kind) or isinstance(table[key], bool)):
        raise InvalidInputError(f"{where} {key} is {table[key]!r}; it must be {text}")


def _command(given: str | list[Any] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    try:
        # Split as a shell would, but no shell ever sees it.
        arguments = shlex.split(given) if isinstance(given, str) else given
    except ValueError as error:
        raise InvalidInputError(f"[run] command cannot be split into arguments: {error}") from None
    if not arguments or not all(isinstance(one, str) for one in arguments):
        raise InvalidInputError('[run] command must be a list of texts, such as ["python", "simulate.py"]')
    return tuple(arguments)


def _beside(argument: str, folder: Path) -> str:
    """An argument that names a file beside the study file as an absolute path, as trials run elsewhere."""
    path = folder / argument
    is_file = argument and not Path(argument).is_absolute() and path.is_file()
    return str(path) if is_file else argument


def _import(target: str, folder: Path) -> Callable[..., Any]:
    module, _, attribute = target.partition(":")
    if not module or not attribute:
        raise InvalidInputError(f"[run] function is {target!r}; it must be module:function")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        function = import_module(module)
        for name in attribute.split("."):
            function = getattr(function, name)
    except Exception as error:
        raise InvalidInputError(
            f"[run] function {target!r} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    if not callable(function):
        raise InvalidInputError(f"[run] function {target!r} is {function!r}, which cannot be called")
    return function
