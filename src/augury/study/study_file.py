"""A study written down as a TOML file.

version = 1

[study]
name = "reactor"                 # default "default"
store = "reactor.db"             # beside this file unless absolute; default: this file's name with .db
seed = 1
recommend = "posterior-mean"     # what `augury run` recommends in the end; default: the best result

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
budget = 40                      # evaluations; and/or cost_budget = 500.0, what they may cost in all
workers = 2
timeout = 600                    # seconds for one evaluation
retries = 2                      # how often a trial is tried again after a transient failure
backoff = 30                     # seconds before the first retry, doubled for each further one
transient = {exit_codes = [75], words = ["license"]}   # which failures of a command are transient
pruner = "median"                # or {name = "median", n_warmup_steps = 10}; a command is pruned only with it
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from augury.errors import AuguryError, InvalidInputError
from augury.space.goal import Constraint, Maximize, Minimize
from augury.space.goals import Goals
from augury.space.space import Space
from augury.space.toml import space_from_toml
from augury.study.parts import Parts
from augury.study.recommendation import check_rule
from augury.study.run_settings import RunSettings, import_function, read_run
from augury.study.study import Study
from augury.study.toml_tables import check_keys, check_type, table, tables

VERSION = 1

_TABLES = ("version", "study", "space", "goal", "constraint", "run")
_STUDY = ("name", "store", "seed", "strategy", "model", "acquisition", "recommend")
_OBJECTIVE = ("threshold", "risk", "level")


@dataclass(frozen=True)
class StudyFile:
    """A study file, read and checked.

    Args:
        path: the file.
        space, goals: what it defines.
        settings: name, store, seed, strategy, model and acquisition, where given, as `Study` takes them.
        run: the `[run]` table.
        run_table: the same as it is written, which the store keeps for `augury worker`.
    """

    path: Path
    space: Space
    goals: Goals
    settings: Mapping[str, Any]
    run: RunSettings
    run_table: Mapping[str, Any] = field(default_factory=dict)

    def with_settings(self, **settings: Any) -> StudyFile:
        """The same file with other settings of its `[study]` table."""
        return replace(self, settings={**self.settings, **settings})

    def open(self) -> Study:
        """The study, new or continued; its store keeps what the file says of runs.

        Raises:
            NotSupportedError: its strategy does not decide on such goals; no study is made then.
        """
        parts = {name: self.settings.get(name, "auto") for name in ("strategy", "model", "acquisition")}
        Parts(**parts, space=self.space, goals=self.goals).strategy.check_goals(self.goals)
        settings = {"pruner": self.run.pruner, **self.settings}
        study = Study(self.space, self.goals, **settings)
        record = study.store.find(study.name)
        if record is not None and record.settings.get("run") != self.run_table:
            study.store.remember(record.id, run=dict(self.run_table))
        return study

    def function(self) -> Callable[..., Any]:
        """What is to be evaluated: the imported function, or the external command.

        Raises:
            InvalidInputError: it cannot be found.
        """
        folder = self.path.parent
        if self.run.command is not None:
            return self.run.program(folder, self.space.param_names)
        if self.run.function is None:
            raise InvalidInputError(
                f"{self.path}: [run] says nothing to evaluate; give function or command there"
            )
        return import_function(self.run.function, folder)


def load_study_file(path: str | os.PathLike[str]) -> StudyFile:
    """Reads a study file.

    Raises:
        InvalidInputError: it cannot be read, is not TOML (the line is named), or defines no valid study.
    """
    path = Path(path).absolute()
    content = _parse(path)
    try:
        _check_version(content.get("version"))
        check_keys("the file", content, _TABLES)
        run = table(content, "run")
        return StudyFile(
            path=path,
            space=space_from_toml(table(content, "space", required=True)),
            goals=_goals(content),
            settings=_settings(table(content, "study"), path),
            run=read_run(run),
            run_table=run,
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


def _goals(content: Mapping[str, Any]) -> Goals:
    objectives = [_objective(table) for table in tables(content, "goal")]
    if not objectives:
        raise InvalidInputError('there is no goal; add [[goal]] with minimize = "name" or maximize = "name"')
    constraints = [_constraint(table) for table in tables(content, "constraint")]
    return Goals([*objectives, *constraints])


def _objective(table: dict[str, Any]) -> Minimize | Maximize:
    check_keys("[[goal]]", table, ("minimize", "maximize", *_OBJECTIVE))
    options = {key: table.get(key) for key in _OBJECTIVE}
    directions = {key: name for key, name in table.items() if key not in _OBJECTIVE}
    if len(directions) != 1:
        raise InvalidInputError(f'[[goal]] is {table!r}; give either minimize = "name" or maximize = "name"')
    [(direction, name)] = directions.items()
    return (Minimize if direction == "minimize" else Maximize)(name, **options)


def _constraint(table: dict[str, Any]) -> Constraint:
    check_keys("[[constraint]]", table, ("name", "upper", "lower"))
    if "name" not in table:
        raise InvalidInputError(
            '[[constraint]] limits a measured outcome: give its name = "..." (limits on parameters are '
            "[space] constraints)"
        )
    return Constraint(**table)


def _settings(table: dict[str, Any], path: Path) -> dict[str, Any]:
    check_keys("[study]", table, _STUDY)
    for key in ("name", "store", "strategy", "model", "acquisition"):
        check_type("[study]", table, key, str, "text in quotes")
    check_type("[study]", table, "seed", int, "a whole number")
    if "recommend" in table:
        check_rule(table["recommend"])
    store = table.get("store", f"{path.stem}.db")
    return {**table, "store": store if "://" in store else path.parent / Path(store).expanduser()}
