"""Do sparse processes and deep kernel machines take rows from a file in linear time and constant memory?

Rows of ten inputs in a memory-mapped file; each size in a fresh process. CPU seconds of an epoch of
minibatches (first step to last), of one bound over all rows with its gradient, and the peak of the memory
that is not the file's. The slope is that of the least-squares line through the logarithms: 1 is linear.

    python -m benchmarks.sparse_scaling [--models svgp deep-kernel-machine] [--n 10000 100000 1000000]
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import pin_threads, print_table, verdict, write_json

_D, _INDUCING, _BATCH = 10, 50, 1024
SLOPE, GROWTH = 1.1, 1.1
MODELS = ("svgp", "deep-kernel-machine")


def write_rows(folder: Path, n: int) -> None:
    """`sin(3 (x1 + x2) / sqrt 2)` and noise at `n` random rows."""
    rng = np.random.default_rng(0)
    X = np.memmap(folder / "X", np.float64, "w+", shape=(n, _D))
    Y = np.memmap(folder / "Y", np.float64, "w+", shape=(n, 1))
    for start in range(0, n, 50_000):
        rows = slice(start, min(start + 50_000, n))
        X[rows] = rng.random(X[rows].shape)
        index = (X[rows, 0] + X[rows, 1] - 1.0) * 12.0**0.5
        Y[rows, 0] = np.sin(3.0 * index / 2.0**0.5) + 0.1 * rng.standard_normal(len(index))


@contextmanager
def peak_memory(peak: dict[str, float]) -> Iterator[None]:
    """Put the largest anonymous memory of this process (MiB) under "peak"; mapped files do not count."""
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(0.01):
            peak["peak"] = max(peak.get("peak", 0.0), anonymous_mib())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()


def anonymous_mib() -> float:
    """Resident memory of this process that is not of files (Linux), in MiB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return float(line.split()[1]) / 2**10
    raise RuntimeError("this system does not tell anonymous memory; the benchmark is for Linux")


def measure(name: str, folder: str, n: int) -> dict[str, float]:
    """Seconds and memory of one model in this process."""
    pin_threads(1)
    from augury.inference.sparse.collapsed import collapsed_bound, statistics
    from augury.inference.sparse.flat import FlatParameters
    from augury.inference.sparse.rows import CHUNK
    from augury.inference.sparse.stochastic import Stochastic
    from augury.models import DeepKernelMachine, SparseGaussianProcess

    made: Any = {"svgp": SparseGaussianProcess, "deep-kernel-machine": DeepKernelMachine}[name]
    inference = Stochastic(num_epochs=1, batch_size=_BATCH)

    def bound(model: Any, n: int) -> None:
        model.requires_grad_(True)
        value = (
            collapsed_bound(statistics(model.covariance, model._data.rows), model.likelihood.noise, n)
            - model.covariance.penalty()
        )
        FlatParameters(model.covariance, model.likelihood).gradient(value)

    few = np.random.default_rng(1).random((2 * CHUNK, _D))  # what loads on first use is not what grows with n
    bound(made(few, few[:, :1], num_inducing=_INDUCING, inference=inference).fit(), len(few))
    X = np.memmap(Path(folder) / "X", np.float64, "r", shape=(n, _D))
    Y = np.memmap(Path(folder) / "Y", np.float64, "r", shape=(n, 1))
    measured, times = {"imports": anonymous_mib()}, []
    with peak_memory(measured):
        model = made(X, Y, num_inducing=_INDUCING, inference=inference)
        model.fit(progress=lambda *_: times.append(time.process_time()))
        steps = len(times) - 1
        measured["epoch"] = (times[-1] - times[0]) * (steps + 1) / steps
        begin = time.process_time()
        bound(model, n)
        measured["bound"] = time.process_time() - begin
    return measured


def slope(sizes: list[int], values: list[float]) -> float:
    """Of the line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    parser.add_argument("--n", type=int, nargs="+", default=[10_000, 31_623, 100_000, 316_228, 1_000_000])
    parser.add_argument("--quick", action="store_true", help="10,000 and 30,000 rows")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    arguments = parser.parse_args()
    sizes = [10_000, 30_000] if arguments.quick else arguments.n
    rows: list[dict[str, Any]] = []
    summary: list[dict[str, Any]] = []
    for name in arguments.models:
        results = []
        for n in sizes:
            with tempfile.TemporaryDirectory() as folder:
                write_rows(Path(folder), n)
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    results.append(pool.apply(measure, (name, folder, n)))
            one = results[-1]
            rows.append(
                {
                    "model": name,
                    "n": n,
                    "epoch s": one["epoch"],
                    "bound and gradient s": one["bound"],
                    "peak MiB": one["peak"],
                    "above imports MiB": one["peak"] - one["imports"],
                    "file MiB": n * (_D + 1) * 8 / 2**20,
                }
            )
        for what in ("epoch", "bound"):
            value = slope(sizes, [one[what] for one in results])
            summary.append(
                {"model": name, "what": f"slope of the {what}", "measured": value, "target": SLOPE}
            )
        by_size = dict(zip(sizes, results, strict=True))
        if {100_000, 1_000_000} <= by_size.keys():
            value = by_size[1_000_000]["peak"] / by_size[100_000]["peak"]
            what = "peak memory at a million rows over that at 100,000"
            summary.append({"model": name, "what": what, "measured": value, "target": GROWTH})
    print_table(f"rows from a file; {_INDUCING} inducing points, batches of {_BATCH}, one thread", rows)
    for row in summary:
        row[""] = verdict(row["measured"], row["target"])
    print_table("growth with the number of rows", summary)
    write_json(arguments.json, "sparse_scaling", rows + summary)


if __name__ == "__main__":
    main()
