"""Tables of trials as files: CSV, Excel, Parquet, JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from augury.whole_file import replacing

if TYPE_CHECKING:
    import pandas as pd

FORMATS = (".csv", ".xlsx", ".parquet", ".json")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table in the format of its name; a file of that name is replaced only by a complete one."""
    with replacing(path) as part:
        _WRITERS[path.suffix.lower()](frame, part)


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
