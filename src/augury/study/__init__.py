"""Studies: an optimisation that loses nothing, whatever happens to the process that runs it.

    Study       ask, tell, run; what is known and what is best
    Trial       one evaluation
    Failure     tells a study that a trial gave no result (FAILED: without a reason)
    Pruned, TransientFailure   raised by a function that was stopped early, or whose point is not to blame
    Store       where studies are kept
    minimize, maximize   the three-line face
    load_study_file      a study written as TOML

Names are imported on first use: worker processes import this package, and must start fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.study.optimize import maximize as maximize
    from augury.study.optimize import minimize as minimize
    from augury.study.result import FAILED as FAILED
    from augury.study.result import Failure as Failure
    from augury.study.signals import Pruned as Pruned
    from augury.study.signals import TransientFailure as TransientFailure
    from augury.study.store import Store as Store
    from augury.study.study import Study as Study
    from augury.study.study_file import StudyFile as StudyFile
    from augury.study.study_file import load_study_file as load_study_file
    from augury.study.trial import Trial as Trial

_ATTRIBUTES = {
    "FAILED": "augury.study.result",
    "Failure": "augury.study.result",
    "Pruned": "augury.study.signals",
    "Store": "augury.study.store",
    "Study": "augury.study.study",
    "StudyFile": "augury.study.study_file",
    "TransientFailure": "augury.study.signals",
    "Trial": "augury.study.trial",
    "load_study_file": "augury.study.study_file",
    "maximize": "augury.study.optimize",
    "minimize": "augury.study.optimize",
}

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
