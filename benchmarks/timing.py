"""Fair timing: equal threads, the same process, entrants in turn, medians, ratios."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def pin_threads(n: int) -> None:
    """Give every library in this process the same number of threads."""
    import torch
    from threadpoolctl import threadpool_limits

    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(n)
    torch.set_num_threads(n)
    threadpool_limits(limits=n)


@dataclass(frozen=True)
class Entrant:
    """What is timed.

    Args:
        call: the timed function; gets what `prepare` returned.
        prepare: called with the seed of the round before each timed call, not timed.
    """

    call: Callable[[Any], Any]
    prepare: Callable[[int], Any] = lambda seed: seed


def alternate(entrants: Mapping[str, Entrant], repeats: int) -> dict[str, float]:
    """Median seconds of each entrant.

    The entrants take turns, `repeats` rounds after one round to warm up, and each gets the number of the
    round as its seed; a slow minute of the machine falls on all of them alike.
    """
    seconds: dict[str, list[float]] = {name: [] for name in entrants}
    for round_number in range(repeats + 1):
        for name, entrant in entrants.items():
            prepared = entrant.prepare(round_number)
            start = time.perf_counter()
            entrant.call(prepared)
            if round_number > 0:
                seconds[name].append(time.perf_counter() - start)
    return {name: median(values) for name, values in seconds.items()}


def settle() -> None:
    """Wait until what was timed last is no longer on the machine; to be called before each timed call.

    OpenMP's threads spin on their cores for some milliseconds after their work, and memory that was freed
    goes back to the system when somebody else frees some: both would count for the next in turn.
    """
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    time.sleep(0.05)


def verdict(value: float, target: float | None) -> str:
    """Whether a measured value is within its target, in words for a table."""
    if target is None:
        return ""
    return "met" if value <= target else "MISSED"


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    import botorch
    import torch

    return {
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "botorch": botorch.__version__,
    }


def write_json(path: Path | None, name: str, rows: list[dict[str, Any]]) -> None:
    """Store the rows of a benchmark with the machine they were measured on, when a path is given."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"benchmark": name, "machine": machine(), "rows": rows}, indent=2) + "\n")


def print_table(title: str, rows: list[dict[str, Any]]) -> None:
    """Print rows of equal keys as a table; floats to three digits."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title)
    for key in rows[0] if rows else ():
        table.add_column(key, justify="left" if isinstance(rows[0][key], str) else "right")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    Console(width=None if os.isatty(1) else 120).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
