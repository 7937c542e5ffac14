"""`augury export`: the trials of a study as a table, or all of it as one file."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from augury.cli.options import StudyName, Target, open_study
from augury.errors import InvalidInputError

if TYPE_CHECKING:
    import pandas as pd

FORMATS = (".csv", ".xlsx", ".parquet", ".json")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def export(
    store: Target,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="A .csv, .xlsx, .parquet or .json file; without it CSV is printed.",
        ),
    ] = None,
    study: StudyName = None,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole", help="Write all of the study into one .json file, which `augury import` reads."
        ),
    ] = False,
) -> None:
    """Write the trials of a study as a table, or all of it as one file.

    One row per trial: number, status, parameters, outcomes, times. An older file of that name is replaced.
    """
    if whole:
        if output is None or output.suffix.lower() != ".json":
            raise InvalidInputError("--whole writes a JSON file; name it by -o FILE.json")
        exported = open_study(store, study)
        exported.export(output)
        typer.echo(f"wrote the study {exported.name!r} with {len(exported.trials)} trials to {output}")
        return
    if output is not None and output.suffix.lower() not in FORMATS:
        raise InvalidInputError(f"-o {output}: the name must end in one of {', '.join(FORMATS)}")
    frame = open_study(store, study).to_dataframe()
    if output is None:
        frame.to_csv(sys.stdout, index=False)
        return
    write_table(frame, output)
    typer.echo(f"wrote {len(frame)} trials to {output}")


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table in the format of its name; a file of that name is replaced only by a complete one."""
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix.lower()}")
    try:
        _WRITERS[path.suffix.lower()](frame, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False)


def _write_json(frame: pd.DataFrame, path: Path) -> None:
    # not DataFrame.to_json, which keeps 15 decimals at most: 1e-20 would become 0
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    path.write_text(json.dumps(records, indent=2, ensure_ascii=False, default=_iso), encoding="utf-8")


def _write_excel(frame: pd.DataFrame, path: Path) -> None:
    frame.map(_excel_cell).to_excel(path, index=False)


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    from pandas.api.types import infer_dtype

    mixed = [name for name in frame if infer_dtype(frame[name], skipna=True).startswith("mixed")]
    frame.astype(dict.fromkeys(mixed, str)).to_parquet(path, index=False)


def _iso(time: Any) -> str:
    return str(time.isoformat())


def _excel_cell(cell: Any) -> Any:
    """Times as text (Excel has no time zones), text without the characters that its format cannot hold."""
    if hasattr(cell, "isoformat"):
        return cell.isoformat(sep=" ", timespec="seconds")
    return _CONTROL.sub(" ", cell) if isinstance(cell, str) else cell


_WRITERS = {".csv": _write_csv, ".xlsx": _write_excel, ".parquet": _write_parquet, ".json": _write_json}
