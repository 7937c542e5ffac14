"""Which pool evaluates the trials of a run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from augury.errors import InvalidInputError, NotSupportedError
from augury.study.command import Command
from augury.study.execution.batch.jobs import BatchJobs
from augury.study.execution.batch.pool import JobPool
from augury.study.execution.futures_pool import ExecutorPool
from augury.study.execution.limits import check_count, check_timeout
from augury.study.execution.objective import Objective
from augury.study.execution.pool import InlinePool, Pool
from augury.study.execution.process_pool import ProcessPool
from augury.study.store import StudyRecord
from augury.study.trial import Reporter

if TYPE_CHECKING:
    from augury.study.study import Study


def make_pool(
    study: Study,
    record: StudyRecord,
    function: Callable[..., Any],
    workers: int | None,
    timeout: float | None,
    executor: Any,
    reporter: Reporter,
) -> Pool:
    """The pool that the arguments of `Study.run` ask for; reports go to `reporter`.

    A time limit needs a process that can be killed, so with one even a single worker is a process of its own;
    an external command is such a process already.
    """
    check_count("workers", 1 if workers is None else workers)
    check_timeout(timeout)
    if isinstance(function, Command):
        function, timeout = function.limited(timeout), None
    space = study.space
    conditional = [name for name, one in space.parameters.items() if one.active_if is not None]
    objective = Objective(function, space.param_names, conditional)
    if isinstance(executor, BatchJobs):
        return JobPool(study, record, objective, executor, workers, timeout)
    if executor is not None:
        return _pool_elsewhere(objective, workers, timeout, executor)
    if workers in (None, 1) and timeout is None:
        return InlinePool(objective, reporter)
    return ProcessPool(objective, workers or 1, reporter, timeout)


def _pool_elsewhere(objective: Objective, workers: int | None, timeout: float | None, executor: Any) -> Pool:
    if timeout is not None:
        raise NotSupportedError(
            "evaluations of a function in an executor cannot be stopped; leave out timeout= or executor=, "
            "or evaluate a command, which can be"
        )
    if _is_dask_client(executor):
        from augury.study.execution.dask_pool import DaskPool

        return DaskPool(objective, executor, workers)
    if not callable(getattr(executor, "submit", None)):
        raise InvalidInputError(
            f"executor is {executor!r}; give a concurrent.futures executor, a Dask client or BatchJobs"
        )
    return ExecutorPool(objective, executor, workers or 1)


def _is_dask_client(executor: Any) -> bool:
    # Whoever has a client has imported Dask; nobody else needs it.
    distributed = sys.modules.get("distributed")
    return distributed is not None and isinstance(executor, distributed.Client)
