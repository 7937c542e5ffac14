"""Test problems with a known optimum: synthetic functions, mixed spaces, measured tables.

- `problem`: what a problem is
- `test_functions`: BoTorch's synthetic functions
- `mixed`: continuous, integer and categorical parameters together
- `tables`: the tables of `augury.datasets`
- `registry`: all of them by name
"""

from __future__ import annotations

from augury.problems.problem import Problem
from augury.problems.registry import PROBLEMS, load_problem, problem_names
from augury.problems.tables import table_problem
from augury.problems.test_functions import synthetic

__all__ = ["PROBLEMS", "Problem", "load_problem", "problem_names", "synthetic", "table_problem"]
