"""Where the settings and their ranges come from: the table itself, the space file, or candidates."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from augury.errors import InvalidInputError
from augury.space.parameters import Fixed, Parameter
from augury.space.space import Space
from augury.study.sheet.candidates import match_candidates
from augury.study.sheet.descriptors import describe
from augury.study.sheet.inference import dressed_numbers, infer
from augury.study.sheet.mixture import Remainder, find_remainder, limits
from augury.study.sheet.roles import set_aside
from augury.study.sheet.space_file import SpaceFile, read_space_file, render_space_file
from augury.study.sheet.table import Table


@dataclass(frozen=True)
class Definition:
    """The space of a table of experiments.

    Args:
        space: where to look.
        whole: the same without constraints, by which past experiments are encoded.
        aside: column that is no setting -> why.
        origin: "table", "file" or "candidates".
        advice: what to do about an experiment that the space does not have.
        source: the name of the file that says where to look: the space file, or the table of candidates.
        guessed: settings whose range is a guess.
        notes: what the user should know.
        space_file: the content of the space file to write, None when it is there already or not needed.
        remainder: the setting that makes up the rest of a mixture.
        extras: cells of the candidates' other columns that belong to params.
    """

    space: Space
    whole: Space
    aside: dict[str, str]
    origin: str
    advice: str
    source: str
    guessed: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    space_file: str | None = None
    remainder: Remainder | None = None
    extras: Callable[[Mapping[str, Any]], dict[str, Any]] = lambda _: {}

    @property
    def settings(self) -> list[str]:
        """Names of all settings, the remainder of a mixture last."""
        return [*self.space.names, *([self.remainder.name] if self.remainder else [])]


def from_table(
    table: Table,
    results: Sequence[str],
    path: Path,
    *,
    constraints: Sequence[str] = (),
    ignore: Collection[str] = (),
    descriptors: Mapping[str, Path] | None = None,
) -> Definition:
    """The space inferred from the experiments, and the space file (to be written at `path`) that says so."""
    files = dict(descriptors or {})
    _check_ignored(ignore, table)
    if table.n == 0:
        raise InvalidInputError(
            f"{table.path.name}: the table has no rows, from which ranges could be read; add an "
            "experiment, write "
            f"{path.name}, or give the possible choices with --candidates"
        )
    inference = infer(table, results, ignore=ignore, keep=files)
    # a total that the user states is a rule between all its parts
    stated = any("=" in re.sub("[<>]=", "", text) for text in constraints)
    remainder = None if stated else find_remainder(table, inference.parameters)
    free = {n: p for n, p in inference.parameters.items() if remainder is None or n != remainder.name}
    parameters, notes = describe(free, files)
    rules = list(constraints) + (limits(table, remainder) if remainder else [])
    quoted = quote_names(rules, parameters)
    if remainder is not None:
        total = " + ".join((*remainder.of, remainder.name))
        notes.append(
            f"{total} is {remainder.total:g} in every row, so {remainder.name} makes up the rest (a "
            "mixture); if that "
            f"is chance, delete [rest] and the rules in {path.name}"
        )
    unsettled = [name for name in table.columns if name not in results and name not in ignore]
    notes += dressed_numbers(table, unsettled)
    _check_constrained(quoted, parameters, results)
    file = SpaceFile(free, quoted, list(inference.aside), files, remainder)
    return Definition(
        space=Space(parameters, constraints=quoted),
        whole=Space(parameters),
        aside=inference.aside,
        origin="table",
        advice=f"widen it in {path.name}",
        source=path.name,
        guessed=inference.guessed,
        notes=notes,
        remainder=remainder,
        space_file=render_space_file(file, table, results, path),
    )


def from_file(
    path: Path,
    table: Table,
    results: Sequence[str],
    *,
    constraints: Sequence[str] = (),
    ignore: Collection[str] = (),
    descriptors: Mapping[str, Path] | None = None,
    accuracy: Mapping[str, str] | None = None,
) -> Definition:
    """The space that the space file at `path` gives; options given besides add to it.

    Args:
        path, table, results, constraints, ignore, descriptors: as for the others.
        accuracy: those of the ignored columns that say how exact a result is or what it cost -> which.
    """
    file = read_space_file(path)
    _check_ignored(ignore, table)
    for name, meaning in (accuracy or {}).items():
        if name in file.parameters:
            raise InvalidInputError(
                f"{path.name}: {name!r} is a setting there, but by --cost or --stderr it is {meaning}; "
                "move it to [ignore], or leave the option out"
            )
    files = file.descriptors | dict(descriptors or {})
    stated = {name: parameter for name, parameter in file.parameters.items() if name not in ignore}
    aside = _aside(path, file, table, results, stated, ignore)
    parameters, notes = describe(stated, files)
    quoted = quote_names(
        [*file.constraints, *(c for c in constraints if c not in file.constraints)], parameters
    )
    _check_constrained(quoted, parameters, results)
    return Definition(
        space=Space(parameters, constraints=quoted),
        whole=Space(parameters),
        aside=aside,
        origin="file",
        advice=f"correct the table, or widen the space in {path.name}",
        source=path.name,
        notes=notes,
        remainder=file.remainder,
    )


def from_candidates(
    candidates: Table,
    table: Table,
    results: Sequence[str],
    *,
    constraints: Sequence[str] = (),
    ignore: Collection[str] = (),
    descriptors: Mapping[str, Path] | None = None,
) -> Definition:
    """The finite space whose points are the rows of a table of candidates."""
    _check_ignored(ignore, table, candidates)
    matched = match_candidates(candidates, table, results, ignore=ignore, descriptors=descriptors)
    whole = matched.space()
    quoted = quote_names(constraints, whole.parameters)
    _check_constrained(quoted, whole.parameters, results)
    return Definition(
        space=matched.space(quoted) if quoted else whole,
        whole=whole,
        aside=matched.aside,
        origin="candidates",
        advice=f"correct the table, or add the row to {candidates.path.name}",
        source=candidates.path.name,
        notes=matched.notes,
        extras=matched.extras,
    )


def quote_names(constraints: Sequence[str], parameters: Mapping[str, Parameter]) -> list[str]:
    """Constraints with backticks around names that are not plain words, as their language wants."""
    odd = sorted(
        (name for name in parameters if not re.fullmatch(r"[^\W\d]\w*", name)), key=len, reverse=True
    )
    if not odd:
        return list(constraints)
    pattern = re.compile("`[^`]*`|" + "|".join(re.escape(name) for name in odd))
    return [
        pattern.sub(lambda m: m[0] if m[0].startswith("`") else f"`{m[0]}`", text) for text in constraints
    ]


def _check_constrained(
    constraints: Sequence[str], parameters: Mapping[str, Parameter], results: Sequence[str]
) -> None:
    from augury.space.constraints import parse_constraint

    for text in constraints:
        for name in parse_constraint(text).names:
            if name in results:
                raise InvalidInputError(
                    f"constraint {text!r}: {name!r} is a result; limit it with --limit {text!r}"
                )
            if name not in parameters:
                raise InvalidInputError(
                    f"constraint {text!r}: {name!r} is not a setting; the settings are "
                    f"{', '.join(map(repr, parameters))} (a limit on a result is given with --limit)"
                )


def _check_ignored(names: Collection[str], *tables: Table) -> None:
    for name in names:
        if not any(name in table.columns for table in tables):
            where = " and ".join(
                f"{table.path.name} has {', '.join(map(repr, table.columns))}" for table in tables
            )
            raise InvalidInputError(f"--ignore {name!r}: there is no such column; {where}")


def _aside(
    path: Path,
    file: SpaceFile,
    table: Table,
    results: Sequence[str],
    parameters: Mapping[str, Parameter],
    ignore: Collection[str],
) -> dict[str, str]:
    """Which columns of the table are no settings by the space file, and why."""
    for name, parameter in parameters.items():
        if name in results:
            raise InvalidInputError(
                f"{path.name}: {name!r} is a setting there, but a result by --goal or --limit"
            )
        if name not in table.columns and not isinstance(parameter, Fixed):
            raise InvalidInputError(
                f"{path.name}: {table.path.name} has no column {name!r}; add it, or delete the entry"
            )
    aside = dict.fromkeys(ignore, "set aside by you")
    evident = set_aside(table, results, parameters)
    for name in table.columns:
        made_up = file.remainder is not None and name == file.remainder.name
        if name in parameters or name in results or name in aside or made_up:
            continue
        if name not in file.ignore and name not in evident:
            raise InvalidInputError(
                f"{path.name} says nothing about the column {name!r} of {table.path.name}; describe it "
                "under [space], "
                "or list it under [ignore]"
            )
        aside[name] = f"listed in {path.name}" if name in file.ignore else evident[name]
    return aside
