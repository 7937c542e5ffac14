"""Test problems: synthetic functions, mixed spaces, simulators, random networks, measured tables.

- `problem`: what a problem is; `multi_objective`: one with several objectives
- `test_functions`: BoTorch's synthetic functions, and how any BoTorch test function becomes a problem
- `mixed`: continuous, integer and categorical parameters together
- `network_draw`, `block_polynomial`, `pest_control`, `brusselator`, `interferometer`, `distillation`,
  `oil_sorbent`: the problems of the study of neural surrogates, as BoTorch test functions; `simulated` builds
  them as problems
- `vlmop2`, `real_world`: problems of several objectives beside BoTorch's: two bells, and engineering designs
- `multi_fidelity`: functions in several versions, from cheap to true, for models of several fidelities
- `tables`: the tables of `augury.datasets`
- `array_regression`: pictures, fields and series with one number each, for surrogates that take arrays
- `offline`: tables of past designs with an oracle for new ones
- `registry`: all of them by name
"""

from __future__ import annotations

from augury.problems.multi_objective import MultiObjectiveProblem
from augury.problems.problem import Problem
from augury.problems.registry import (
    HIGH_DIMENSIONAL,
    MULTI_OBJECTIVE_PROBLEMS,
    PROBLEMS,
    SIMULATED,
    load_multi_objective_problem,
    load_problem,
    problem_names,
)
from augury.problems.tables import table_problem
from augury.problems.test_functions import of_test_function, synthetic

__all__ = [
    "HIGH_DIMENSIONAL",
    "MULTI_OBJECTIVE_PROBLEMS",
    "PROBLEMS",
    "SIMULATED",
    "MultiObjectiveProblem",
    "Problem",
    "load_multi_objective_problem",
    "load_problem",
    "of_test_function",
    "problem_names",
    "synthetic",
    "table_problem",
]
