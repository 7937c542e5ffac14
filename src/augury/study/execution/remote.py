"""One evaluation on a machine that a cluster engine started; it imports no more than that needs."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

import cloudpickle

from augury.study.execution.objective import Objective
from augury.study.trial import Trial


def evaluate(objective_bytes: bytes, trial: Trial) -> tuple[Any, float]:
    """What the objective came to at a trial (see `Objective.evaluate`), and the seconds that it took.

    Args:
        objective_bytes: the `Objective`, pickled by the run; it is loaded once in each process.
        trial: the trial.
    """
    objective, start = _load(objective_bytes), time.monotonic()
    return objective.evaluate(trial), time.monotonic() - start


@lru_cache(maxsize=4)
def _load(objective_bytes: bytes) -> Objective:
    objective: Objective = cloudpickle.loads(objective_bytes)
    return objective
