"""Run a reproduction and keep its tables, from which the documentation's page of reproductions is made.

python -m reproductions._record trust_region hmc          # writes reproductions/records/<slug>.json
python -m reproductions._record trust_region --quick      # only where there is no record of a full run
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from reproductions import _table

RECORDS = Path(__file__).parent / "records"


def record(slug: str, options: list[str], *, folder: Path = RECORDS) -> Path | None:
    """Run `reproductions.<slug>` and write `folder/<slug>.json`; a quick run never replaces a full one."""
    path, quick = folder / f"{slug}.json", "--quick" in options
    if quick and path.exists() and not json.loads(path.read_text(encoding="utf-8"))["quick"]:
        print(f"{path} holds a full run", file=sys.stderr)
        return None
    tables: list[dict[str, Any]] = []
    listener = _keep(tables)
    _table.LISTENERS.append(listener)
    begin, arguments = time.process_time(), sys.argv
    sys.argv = [slug, *options]
    try:
        _module(slug).main()
    finally:
        sys.argv = arguments
        _table.LISTENERS.remove(listener)
    document = {
        "slug": slug,
        "quick": quick,
        "date": date.today().isoformat(),
        "cpu_seconds": round(time.process_time() - begin),
        "tables": tables,
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _keep(tables: list[dict[str, Any]]) -> Callable[[str, list[_table.Row]], None]:
    def listener(title: str, rows: list[_table.Row]) -> None:
        tables.append({"title": title, "rows": [list(row) for row in rows]})

    return listener


def _module(slug: str) -> Any:
    module = import_module(f"reproductions.{slug}")
    return module if hasattr(module, "main") else import_module(f"reproductions.{slug}.__main__")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("slugs", nargs="+", help="names of scripts in reproductions/")
    chosen, options = parser.parse_known_args()
    for slug in chosen.slugs:
        print(f"== {slug}")
        record(slug, options)


if __name__ == "__main__":
    main()
