"""How fast is the dashboard with 10,000 trials? First paint and updates, in a real Chromium."""

from __future__ import annotations

import argparse
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page
from tests.web.browser import MISSING, chromium, launched

from augury import Constraint, Float, Maximize, Study
from augury.study.result import parse_result
from augury.study.store import NewTrial, Store, TrialTable
from benchmarks.timing import print_table, verdict, write_json

TRIALS = 10_000
FIRST_PAINT, UPDATE = 2.0, 0.2
"""Seconds within which the study must be on the screen, and a result after it was told."""

_PAINTED = "Number(document.documentElement.dataset.painted)"


def make_study(path: Path, n: int, n_open: int) -> Study:
    """A study of six parameters and two outcomes with n results, and trials that wait for theirs."""
    space: dict[str, Any] = {
        "temperature": (20.0, 120.0),
        "rate": Float(1e-4, 1.0, log=True),
        "stages": (1, 16),
        "solvent": ["DMF", "DMAc", "THF"],
        "ratio": (0.0, 1.0),
        "time": (0.0, 1.0),
    }
    goals = [Maximize("yield"), Constraint("pressure", upper=5.0)]
    store = Store(path)
    study = Study(space, goals, name="reactor", store=store, seed=0, strategy="random")
    rng = np.random.default_rng(0)
    new = []
    for _ in range(n):
        params = {
            "temperature": float(rng.uniform(20, 120)),
            "rate": float(10 ** rng.uniform(-4, 0)),
            "stages": int(rng.integers(1, 17)),
            "solvent": str(rng.choice(space["solvent"])),
            "ratio": float(rng.random()),
            "time": float(rng.random()),
        }
        value = 80 * math.exp(-(((params["temperature"] - 80) / 40) ** 2)) + rng.normal(0, 2)
        told = {"yield": float(value), "pressure": float(rng.uniform(1, 5.4))}
        new.append(NewTrial(params, "add", result=parse_result(study.goals.outcomes, told)))
    record = store.find("reactor")
    assert record is not None
    TrialTable(store, record).insert(new)
    study.ask(n_open)
    return study


@contextmanager
def served(path: Path) -> Iterator[str]:
    """A fresh `augury serve`, in a process of its own; its address."""
    command = [sys.executable, "-m", "augury", "serve", str(path), "--port", "0", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield next(word for word in process.stdout.readline().split() if word.startswith("http"))
        finally:
            process.terminate()


def first_paint(page: Page, url: str) -> tuple[float, float]:
    """Seconds from the call of the page to the first content, and to the study with its charts and table."""
    page.goto("about:blank")
    begun = time.time()
    page.goto(f"{url}study?name=reactor", wait_until="commit")
    page.wait_for_selector("html[data-revision]", state="attached")
    painted = page.evaluate(_PAINTED) / 1000 - begun
    entry = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
    return entry, painted


def update(page: Page, study: Study, number: int) -> tuple[float, float]:
    """Seconds that `tell` takes in another process than the server's, and from its call to the screen."""
    begun = time.time()
    study.tell(number, {"yield": 100.0 + number, "pressure": 1.0})
    told = time.time() - begun
    page.wait_for_selector(f'html[data-revision="{study.revision}"]', state="attached")
    return told, page.evaluate(_PAINTED) / 1000 - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="three repeats")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    arguments = parser.parse_args()
    if chromium() is None:
        parser.error(MISSING)
    repeats = 3 if arguments.quick else arguments.repeats
    with tempfile.TemporaryDirectory() as directory, launched() as browser:
        path = Path(directory) / "lab.db"
        study = make_study(path, arguments.trials, repeats)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        with served(path) as url:
            cold = first_paint(page, url)
            warm = [first_paint(page, url) for _ in range(repeats)]
            page.wait_for_selector("#model[data-revision]", state="attached")  # the surrogate is trained once
            time.sleep(1.0)
            updates = []
            for number in range(arguments.trials, arguments.trials + repeats):
                updates.append(update(page, study, number))
                time.sleep(0.5)
    rows = [
        _row("study painted, first visit after the start", [cold[1]], FIRST_PAINT),
        _row("study painted, later visits", [one[1] for one in warm], FIRST_PAINT),
        _row("of that, first content", [one[0] for one in warm], None),
        _row("result on the screen, from the call of tell", [one[1] for one in updates], UPDATE),
        _row("of that, tell itself", [one[0] for one in updates], None),
    ]
    print_table(f"the dashboard with {arguments.trials} trials, medians of {repeats}", rows)
    write_json(arguments.json, "dashboard", rows)


def _row(what: str, seconds: list[float], target: float | None) -> dict[str, Any]:
    median = statistics.median(seconds)
    return {
        "what": what,
        "median s": median,
        "worst s": max(seconds),
        "target s": target,
        "": verdict(median, target),
    }


if __name__ == "__main__":
    main()
