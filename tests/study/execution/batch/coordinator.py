"""A coordinator for others to kill; arguments: STORE TEMPLATE BUDGET."""

from __future__ import annotations

import sys
from pathlib import Path

from augury.study.execution.batch import BatchJobs
from tests.study.execution.batch.conftest import study_at
from tests.study.execution.batch.objective import square


def main(store: str, template: str, budget: str) -> None:
    jobs = BatchJobs(template, poll=0.2, grace=0.2)
    # So long a lease would never go stale within a test: what a killed run left must be seen to be free.
    study_at(Path(store).parent).run(square, int(budget), workers=2, executor=jobs, stale_after=1e6)


if __name__ == "__main__":
    main(*sys.argv[1:])
