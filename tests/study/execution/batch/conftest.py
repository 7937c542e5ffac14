"""A stand-in for a Slurm cluster whose hours pass in no time."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from augury.space.goal import Minimize
from augury.study import Study
from augury.study.execution.batch import BatchJobs, pool
from tests.study.execution.batch.fake_slurm import Cluster

# What a user may have on machines without augury: a program of his own between two files.
_PROGRAM = """import json, sys
x = json.load(open(sys.argv[1]))["x"]
json.dump(x * x, open(sys.argv[2], "w"))
"""


class Clock:
    """Stands for the module `time` in the pool: each sleep takes `step` seconds, and then things happen."""

    def __init__(self, step: float = 20.0) -> None:
        self.now = 0.0
        self.step = step
        self.then: Callable[[float], object] = lambda now: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, self.step)
        assert self.now < 1e6, "the run does not end"
        self.then(self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pool, "time", clock)
    return clock


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    cluster = Cluster(tmp_path / "slurm")
    monkeypatch.setenv("PATH", f"{cluster.bin}{os.pathsep}{os.environ['PATH']}")
    return cluster


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The template of jobs that need no augury."""
    (tmp_path / "program.py").write_text(_PROGRAM)
    template = tmp_path / "program.sbatch"
    command = f"{sys.executable} -I -S {tmp_path / 'program.py'}"
    template.write_text(f"#!/bin/sh\n#SBATCH --time=02:00:00\n{command} {{params}} {{result}}\n")
    return template


@pytest.fixture
def run(cluster: Cluster, clock: Clock, program: Path, tmp_path: Path) -> Callable[..., Study]:
    """Runs a study on the cluster: `run(budget, then)`, where `then(now)` is what the cluster does."""

    def start(budget: int, then: Callable[[float], object], **options: Any) -> Study:
        clock.then = then
        study = study_at(tmp_path)
        jobs = BatchJobs(options.pop("template", program), poll=options.pop("poll", 60.0))
        arguments: dict[str, Any] = {"workers": 2, "backoff": 0.0} | options
        function = arguments.pop("function", None)
        if function is None:
            from tests.study.execution.batch.objective import square as function
        study.run(function, budget, executor=jobs, **arguments)
        return study

    return start


def study_at(folder: Path) -> Study:
    return Study({"x": (0.0, 10.0)}, Minimize("y"), strategy="random", store=folder / "study.db", seed=1)
