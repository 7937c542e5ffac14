"""What a user says about jobs: the template of their script, and the batch system that takes them."""

from __future__ import annotations

import math
import os
from typing import Any

from augury.errors import InvalidInputError
from augury.study.execution.batch.slurm import Slurm
from augury.study.execution.batch.system import BatchSystem
from augury.study.execution.batch.template import Template

POLL = 15.0
GRACE = 60.0


class BatchJobs:
    """Evaluates each trial as a job: `study.run(f, 100, workers=20, executor=BatchJobs("job.sh"))`.

    `workers` is then the number of jobs that wait or run at a time. Jobs do not end with the run: when that
    is killed and started again, it takes their results and watches those that go on.

    Args:
        template: the file of a job script with `{evaluate}` in it (see `docs/clusters.md`).
        system: the batch system; None for Slurm.
        poll: seconds between two looks at the system's queue.
        grace: seconds for which a job that has ended may still be without its result, as network file systems
            show it late.

    Raises:
        InvalidInputError: a template that cannot be used, or no batch system here.
    """

    def __init__(
        self,
        template: str | os.PathLike[str],
        system: BatchSystem | None = None,
        *,
        poll: float = POLL,
        grace: float = GRACE,
    ) -> None:
        self.template = Template.read(template)
        self.poll = _seconds("poll", poll)
        self.grace = _seconds("grace", grace)
        self.system = Slurm() if system is None else system
        self.system.check()


def _seconds(name: str, given: Any) -> float:
    is_number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if not is_number or not math.isfinite(given) or given < 0:
        raise InvalidInputError(f"{name} is {given!r}; it must be a number of seconds, 0 or more")
    return float(given)
