"""The space file beside a table of experiments: written once, then the user's to edit."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from augury.errors import InvalidInputError
from augury.space.parameter import is_real
from augury.space.parameters import Fixed, Float, Int, Parameter
from augury.space.space import Space
from augury.space.toml import space_from_toml, space_to_toml
from augury.study.sheet.cells import Number, shown
from augury.study.sheet.mixture import Remainder
from augury.study.sheet.table import Table

_HEADER = """\
The settings of {sheet}, as augury understood them when it first read the table.
This file is yours: edit it, and the next `augury suggest` follows it. Delete it to have it written anew.

Ranges and choices are those seen in the table. Widen them to what is possible and worth trying:
  temperature = {{low = 20, high = 140, step = 10}}      # whole numbers: 20, 30, ... 140
  ratio       = {{low = 0.5, high = 3.0}}                # any number between (a decimal point in a bound)
  catalyst    = {{low = 0.001, high = 1.0, log = true}}  # where ratios count, not differences
  solvent     = ["DMF", "DMAc", "toluene"]             # a choice
  grade       = {{values = ["low", "high"], ordered = true}}
  pressure    = 1.0                                    # always the same
Rules between settings go in one more line under [space] (a name that is not a plain word in backticks):
  constraints = ["ratio + 2*catalyst <= 3"]"""
_IGNORE = """\
Columns that are no settings: ids, dates, notes, other measurements. A measured result cannot be told from a
setting: if one stands under [space], move its name here and delete its line there."""
_REST = "The part of a mixture that makes up the rest: total - the others."
_DESCRIPTORS = "Tables of numbers that describe the choices of a setting; paths start from this file."


@dataclass(frozen=True)
class SpaceFile:
    """What a space file says.

    Args:
        parameters: setting -> parameter, without the descriptors that tables give.
        constraints: rules between settings.
        ignore: columns that are no settings.
        descriptors: setting -> table of its descriptors.
        remainder: the setting that makes up the rest of a mixture.
    """

    parameters: dict[str, Parameter]
    constraints: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    descriptors: dict[str, Path] = field(default_factory=dict)
    remainder: Remainder | None = None


def space_path(sheet: Path) -> Path:
    """The space file of a table: experiments.csv -> experiments.space.toml."""
    return sheet.parent / f"{sheet.stem}.space.toml"


def read_space_file(path: Path) -> SpaceFile:
    """Read a space file.

    Raises:
        InvalidInputError: it is unreadable, malformed (line named) or not a space (parameter named).
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise InvalidInputError(f"{path.name}: it is not UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(f"{path.name}: {error}") from None
    unknown = set(content) - {"space", "ignore", "descriptors", "rest"}
    if unknown:
        raise InvalidInputError(
            f"{path.name}: {sorted(unknown)[0]!r} is unknown; a space file has [space], [rest], "
            "[ignore] and [descriptors]"
        )
    if not isinstance(content.get("space"), dict):
        raise InvalidInputError(
            f"{path.name}: there is no [space] in it; delete the file to have it written anew"
        )
    space = space_from_toml(content["space"], where=f"{path.name}, [space]")
    ignored = _ignored(path, content)
    for name in ignored:
        if name in space.parameters:
            raise InvalidInputError(
                f"{path.name}: {name!r} stands under [space] and in [ignore]; delete it from one of them"
            )
    return SpaceFile(
        space.parameters,
        space.constraints,
        ignored,
        _descriptors(path, content),
        _remainder(path, content, space),
    )


def _remainder(path: Path, content: dict[str, Any], space: Space) -> Remainder | None:
    section = content.get("rest", {})
    if not section:
        return None
    name, entry = (
        next(iter(section.items())) if isinstance(section, dict) and len(section) == 1 else ("", None)
    )
    if (
        not isinstance(entry, dict)
        or set(entry) != {"total", "of"}
        or not is_real(entry["total"])
        or not isinstance(entry["of"], list)
        or not all(isinstance(space.parameters.get(part), (Float, Int)) for part in entry["of"])
        or name in space.parameters
    ):
        raise InvalidInputError(
            f"{path.name}: [rest] holds one line, such as water = "
            f'{{total = 100, of = ["salt", "sugar"]}}, where salt '
            "and sugar are numbers under [space] and water is not"
        )
    return Remainder(name, float(entry["total"]), tuple(entry["of"]))


def _ignored(path: Path, content: dict[str, Any]) -> list[str]:
    section = content.get("ignore", {})
    columns = (
        section.get("columns", []) if isinstance(section, dict) and set(section) <= {"columns"} else None
    )
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise InvalidInputError(f'{path.name}: [ignore] holds one line, such as columns = ["date", "notes"]')
    return columns


def _descriptors(path: Path, content: dict[str, Any]) -> dict[str, Path]:
    section = content.get("descriptors", {})
    if not isinstance(section, dict) or not all(isinstance(file, str) for file in section.values()):
        raise InvalidInputError(f'{path.name}: [descriptors] holds lines such as solvent = "solvents.csv"')
    return {name: path.parent / file for name, file in section.items()}


def render_space_file(file: SpaceFile, table: Table, results: Sequence[str], path: Path) -> str:
    """The text of a space file, with comments that explain it.

    Args:
        file: what it shall say.
        table: the experiments, for what was seen in them.
        results: the outcome columns.
        path: where it will stand; paths of descriptor tables are written relative to it.
    """
    import tomlkit

    document = tomlkit.document()
    _comment(document, _HEADER.format(sheet=table.path.name))
    _comment(document, f"Results (not settings): {', '.join(results)}.")
    document.add(tomlkit.nl())
    space = space_to_toml(Space(file.parameters, constraints=file.constraints))
    for name, parameter in file.parameters.items():
        item: Any = space.value.item(name)
        item.comment(_seen(table, name, parameter))
    document.add("space", space)
    document.add(tomlkit.nl())
    if file.remainder is not None:
        _comment(document, _REST)
        rest, entry = tomlkit.table(), tomlkit.inline_table()
        entry.update({"total": file.remainder.total, "of": list(file.remainder.of)})
        rest.add(tomlkit.key(file.remainder.name), entry)
        document.add("rest", rest)
        document.add(tomlkit.nl())
    _comment(document, _IGNORE)
    ignore = tomlkit.table()
    ignore.add("columns", file.ignore)
    document.add("ignore", ignore)
    if file.descriptors:
        document.add(tomlkit.nl())
        _comment(document, _DESCRIPTORS)
        descriptors = tomlkit.table()
        for name, source in file.descriptors.items():
            descriptors.add(tomlkit.key(name), _relative(source, path.parent))
        document.add("descriptors", descriptors)
    return tomlkit.dumps(document)


def _comment(document: Any, text: str) -> None:
    import tomlkit

    for line in text.splitlines():
        document.add(tomlkit.comment("".join(c if c.isprintable() else " " for c in line)))


def _seen(table: Table, name: str, parameter: Parameter) -> str:
    cells = table.columns[name]
    numbers = [cell for cell in cells if isinstance(cell, Number)]
    different = len({shown(cell) for cell in cells})
    if isinstance(parameter, Fixed):
        return "the same in every row; give a range or a list to vary it"
    if len(numbers) < len(cells):
        return f"{different} choices seen"
    if different == 1:
        return "a guess: only one value was seen"
    low, high = min(numbers, key=lambda n: n.value), max(numbers, key=lambda n: n.value)
    return f"seen: {different} values, {low.text} to {high.text}"


def _relative(source: Path, folder: Path) -> str:
    """A path as seen from a folder, with forward slashes; absolute on another drive."""
    try:
        return Path(os.path.relpath(source.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return source.resolve().as_posix()
