"""Trials as jobs of a batch system such as Slurm.

BatchJobs    what `Study.run` takes as `executor`: a template of a job script, and the system
BatchSystem  what is needed of a batch system; Slurm is one
JobPool      submits, watches, takes results, and finds the jobs of a run that was killed
"""

from __future__ import annotations

from augury.study.execution.batch.jobs import BatchJobs as BatchJobs
from augury.study.execution.batch.slurm import Slurm as Slurm
from augury.study.execution.batch.system import BatchSystem as BatchSystem

__all__ = ["BatchJobs", "BatchSystem", "Slurm"]
