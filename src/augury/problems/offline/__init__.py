"""Offline problems: a table of past designs and scores, and an oracle that judges the new ones proposed.

- `problem`: what an offline problem is, and how proposed designs are scored
- `sequences`: TF-Bind-8 and RNA binding
- `tables`: the worst part of a test function, or of a measured table
- `registry`: all of them by name
"""

from __future__ import annotations

from augury.problems.offline.problem import OfflineProblem, Percentiles
from augury.problems.offline.registry import OFFLINE_PROBLEMS, load_offline_problem
from augury.problems.offline.sequences import rna_binding_problem, tf_bind_8
from augury.problems.offline.tables import function_table, suzuki_half

__all__ = [
    "OFFLINE_PROBLEMS",
    "OfflineProblem",
    "Percentiles",
    "function_table",
    "load_offline_problem",
    "rna_binding_problem",
    "suzuki_half",
    "tf_bind_8",
]
