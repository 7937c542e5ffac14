"""Measured tables as problems: the optimum is the best row."""

from __future__ import annotations

from augury.datasets.lab_tables import load_lab_table
from augury.datasets.lookup_table import LookupTable
from augury.datasets.suzuki import load_suzuki, suzuki_table
from augury.problems.problem import Problem


def table_problem(name: str, table: LookupTable) -> Problem:
    """A Problem whose function is the look-up in `table`."""
    return Problem(name, table.space, table.goals, table.value, table.best)


def suzuki_problem(name: str, coupling: int | None = None) -> Problem:
    """The Suzuki-Miyaura table, or one coupling of it (1 to 15).

    The reactant pair is one factor, so that the table is a full factorial and can be given to any optimiser.
    """
    table = LookupTable(load_suzuki(), "yield", maximize=True) if coupling is None else suzuki_table(coupling)
    return table_problem(name, table)


def lab_problem(name: str) -> Problem:
    """One of the laboratory tables below `AUGURY_DATA`."""
    return table_problem(name, load_lab_table(name))
