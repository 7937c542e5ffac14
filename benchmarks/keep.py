"""Keep finished runs of peers with the source, so that nobody has to repeat hours of them.

    python -m benchmarks.keep benchmarks/results/multi_objective.jsonl --methods botorch

Every later run of that benchmark starts from them (`benchmarks.jobs.KEPT`). Only for what does not depend on
the state of this project's code: the peers, random points.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.jobs import KEPT, finished


def keep(path: Path, methods: list[str]) -> int:
    """Add the finished runs of `methods` to those kept before; returns how many there are."""
    before = {record["job"]["method"] for record in finished(KEPT / path.name)}
    records = [record for record in finished(path) if record["job"]["method"] in before.union(methods)]
    records.sort(key=lambda record: json.dumps(record["job"], sort_keys=True))
    KEPT.mkdir(exist_ok=True)
    (KEPT / path.name).write_text("".join(json.dumps(record) + "\n" for record in records))
    return len(records)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("results", type=Path, help="a benchmark's file of finished runs")
    parser.add_argument("--methods", nargs="+", required=True, help="whose runs are kept")
    arguments = parser.parse_args()
    print(f"{keep(arguments.results, arguments.methods)} runs in {KEPT / arguments.results.name}")


if __name__ == "__main__":
    main()
