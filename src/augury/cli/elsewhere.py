"""Where `augury run` evaluates: here, on a Dask cluster, or in jobs of a batch system."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from augury.errors import InvalidInputError

if TYPE_CHECKING:
    from augury.study.study_file import StudyFile


@contextmanager
def executor_at(
    dask: str | None, template: Path | None, study_file: StudyFile, workers: int | None
) -> Iterator[Any]:
    """What `Study.run` takes as `executor`; None to evaluate here.

    Args:
        dask: the address of a Dask scheduler.
        template: the template of the jobs' script.
        study_file: what is run, its function imported already.
        workers: how many trials at a time, where that is said.

    Raises:
        InvalidInputError: both; Dask is not installed, or there is no scheduler; a template that cannot be
            used, no batch system, or no number of jobs.
    """
    if dask is not None and template is not None:
        raise InvalidInputError("--dask and --submit are two places to evaluate; give one of them")
    if template is not None:
        from augury.study.execution.batch import BatchJobs

        jobs = BatchJobs(template)
        if workers is None:
            raise InvalidInputError(
                "--submit needs to know how many jobs may wait or run at a time: --workers 20"
            )
        yield jobs
        return
    if dask is None:
        yield None
        return
    try:
        from augury.study.execution.dask_pool import connect
    except ModuleNotFoundError as error:
        raise InvalidInputError(
            f"--dask needs Dask's package distributed ({error}); install it: pip install 'augury[dask]'"
        ) from None
    _send_along(study_file.path.parent)
    with connect(dask) as client:
        yield client


def _send_along(folder: Path) -> None:
    """Lets the modules beside the study file travel with the function, as the workers may not have them."""
    import cloudpickle

    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file is not None and module.__name__ != "__main__" and _is_in(Path(file).resolve(), folder):
            cloudpickle.register_pickle_by_value(module)


def _is_in(file: Path, folder: Path) -> bool:
    """Whether a file is the user's own, in a folder that may also have an environment of packages."""
    return file.is_relative_to(folder.resolve()) and "site-packages" not in file.parts
