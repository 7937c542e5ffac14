"""Long lists of independent jobs: in parallel, one thread each, resumable from a file of JSON lines."""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.timing import pin_threads

Job = dict[str, Any]

#: Finished runs of peers that take hours, kept with the source: one file for each benchmark.
KEPT = Path(__file__).parent / "kept"


def finished(path: Path) -> list[dict[str, Any]]:
    """The records of the finished jobs in `path` and in the file of that name in `KEPT`, each job once.

    A line cut off by a kill is left out and its job done again.
    """
    records: dict[str, dict[str, Any]] = {}
    for file in (KEPT / path.name, path):
        for line in file.read_text().splitlines() if file.exists() else []:
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                continue
            records[_key(record["job"])] = record
    return list(records.values())


def run_jobs(
    jobs: Sequence[Job],
    work: Callable[..., dict[str, Any]],
    path: Path,
    *,
    workers: int,
    minutes: float | None = None,
    progress: bool = False,
) -> None:
    """Call `work(**job)` for each job that `path` does not hold yet and append `job | result` as a line.

    Args:
        jobs: keyword arguments, which are also a job's name in the file.
        work: an importable function that returns a JSON-able mapping.
        path: the file of results.
        workers: processes, each with one thread.
        minutes: start no further job after so many minutes.
        progress: show a progress bar instead of a line for each finished job.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    done = {_key(record["job"]) for record in finished(path)}
    waiting = [job for job in jobs if _key(job) not in done]
    print(f"{len(jobs) - len(waiting)} of {len(jobs)} runs are in {path}; {len(waiting)} to do", flush=True)
    deadline = float("inf") if minutes is None else time.monotonic() + 60.0 * minutes
    context = multiprocessing.get_context("spawn")
    running: dict[Future[dict[str, Any]], Job] = {}
    with (
        ProcessPoolExecutor(workers, context, initializer=pin_threads, initargs=(1,)) as pool,
        path.open("a") as file,
        _reporter(len(jobs), len(waiting), bar=progress) as done_one,
    ):
        while running or (waiting and time.monotonic() < deadline):
            while waiting and len(running) < workers and time.monotonic() < deadline:
                job = waiting.pop(0)
                running[pool.submit(work, **job)] = job
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                _record(running.pop(future), future, file, done_one)


@contextmanager
def _reporter(total: int, waiting: int, *, bar: bool) -> Iterator[Callable[[str], None]]:
    """What to call with the name of each job that is done: a line each, or a step of a progress bar."""
    left = waiting

    def line(name: str) -> None:
        nonlocal left
        left -= 1
        print(f"{left:5d} left; done {name}", flush=True)

    if not bar:
        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task("", total=total, completed=total - waiting)
        yield lambda name: shown.update(task, advance=1, description=name)


def _record(job: Job, future: Future[dict[str, Any]], file: Any, done: Callable[[str], None]) -> None:
    name = " ".join(f"{key}={value}" for key, value in job.items())
    try:
        result = future.result()
    except Exception:
        print(f"FAILED {name}\n{traceback.format_exc()}", file=sys.stderr, flush=True)
        return
    file.write(json.dumps({"job": job, **result}) + "\n")
    file.flush()
    done(name)


def _key(job: Job) -> str:
    return json.dumps(job, sort_keys=True)
