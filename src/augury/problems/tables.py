"""Measured tables as problems: the optimum is the best row."""

from __future__ import annotations

from augury.datasets.lab_tables import load_lab_table
from augury.datasets.lookup_table import LookupTable
from augury.datasets.suzuki import suzuki_table
from augury.problems.problem import Problem


def table_problem(name: str, table: LookupTable) -> Problem:
    """A Problem whose function is the look-up in `table`."""
    return Problem(name, table.space, table.goals, table.value, table.best)


def suzuki_problem(name: str, coupling: int | None = None) -> Problem:
    """The Suzuki-Miyaura table, or one coupling of it (1 to 15)."""
    return table_problem(name, suzuki_table(coupling))


def lab_problem(name: str) -> Problem:
    """One of the laboratory tables below `AUGURY_DATA`."""
    return table_problem(name, load_lab_table(name))
