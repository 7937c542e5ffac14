"""A warning where a run has measured nothing: as a rule the function is wrong, and not its points."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from augury.study.trial import FAILED, Trial


def warn_if_all_failed(trials: Sequence[Trial]) -> None:
    """Warn, in the words of the last failure, if trials have failed and none has a result."""
    failed = [place for place, trial in enumerate(trials) if trial.status == FAILED]
    if not failed or any(trial.values for trial in trials):
        return
    place = failed[-1]  # not its number: these have gaps where a run was killed
    last = trials[place]
    where = f" (in Python, study.trials[{place}].traceback says where)" if last.traceback else ""
    warnings.warn(
        f"none of the {len(failed)} evaluations gave a result; the last, trial {last.number}, failed with "
        f"{last.reason!r}{where}",
        stacklevel=3,
    )
