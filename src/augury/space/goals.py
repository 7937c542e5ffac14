"""Goals: what to minimise, maximise and keep within limits; turned into maximisation once, here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.goal import DIRECTIONS, OPTIONS, Constraint, Goal, Maximize, Minimize, goal_of
from augury.space.pareto import non_dominated

Array = NDArray[np.float64]


class Goals:
    """The goals of a study, in the order in which outcomes are stored: objectives first, then constraints.

    Args:
        goals: at least one Minimize or Maximize, and any constraints; no outcome twice.

    Raises:
        InvalidInputError: no objective, or an outcome named twice.
    """

    def __init__(self, goals: Sequence[Goal]) -> None:
        self.objectives: list[Minimize | Maximize] = [g for g in goals if not isinstance(g, Constraint)]
        self.constraints: list[Constraint] = [g for g in goals if isinstance(g, Constraint)]
        if not self.objectives:
            raise InvalidInputError(
                "there is no objective among the goals; add Minimize(name) or Maximize(name)"
            )
        names = [goal.name for goal in goals]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InvalidInputError(f"outcome {twice!r} has two goals; give each outcome one")

    @classmethod
    def of(cls, given: Any) -> Goals:
        """Goals from one goal, several, their text forms ("max:yield"), or Goals themselves."""
        if isinstance(given, Goals):
            return given
        if isinstance(given, str) or not isinstance(given, Iterable) or isinstance(given, Mapping):
            return cls([goal_of(given)])
        return cls([goal_of(one) for one in given])

    @cached_property
    def outcomes(self) -> list[str]:
        """Names of the m outcomes, in storage order."""
        return [goal.name for goal in (*self.objectives, *self.constraints)]

    @property
    def n_outcomes(self) -> int:
        """m, the number of outcomes."""
        return len(self.outcomes)

    @property
    def n_objectives(self) -> int:
        """k, the number of objectives."""
        return len(self.objectives)

    @cached_property
    def objective_signs(self) -> Array:
        """k factors, +1 to maximise and -1 to minimise."""
        return np.array([1.0 if isinstance(goal, Maximize) else -1.0 for goal in self.objectives])

    @cached_property
    def thresholds(self) -> Array:
        """k worst values of interest of the objectives to be maximised, NaN where none was given."""
        given = [np.nan if goal.threshold is None else goal.threshold for goal in self.objectives]
        return np.array(given, dtype=np.float64) * self.objective_signs

    @cached_property
    def objective_columns(self) -> list[int]:
        """Columns of the k objectives among the outcomes."""
        return list(range(self.n_objectives))

    @cached_property
    def constraint_terms(self) -> list[tuple[int, float, float]]:
        """(outcome column, sign, offset) of each of the c limits; met when sign * y + offset <= 0."""
        terms: list[tuple[int, float, float]] = []
        for column, goal in enumerate(self.constraints, start=self.n_objectives):
            if goal.upper is not None:
                terms.append((column, 1.0, -goal.upper))
            if goal.lower is not None:
                terms.append((column, -1.0, goal.lower))
        return terms

    def objective_values(self, Y: Array) -> Array:
        """Objectives to be maximised, n x k, of outcomes n x m."""
        values: Array = np.asarray(Y, dtype=np.float64)[:, : self.n_objectives] * self.objective_signs
        return values

    def constraint_values(self, Y: Array) -> Array:
        """Limits, n x c, of outcomes n x m; feasible when <= 0, NaN where not measured."""
        Y = np.asarray(Y, dtype=np.float64)
        columns = [sign * Y[:, column] + offset for column, sign, offset in self.constraint_terms]
        return np.stack(columns, axis=1) if columns else np.empty((len(Y), 0))

    def feasible(self, Y: Array) -> NDArray[np.bool_]:
        """Mask (n) of the rows known to meet every limit (an outcome not measured meets none)."""
        return np.all(self.constraint_values(Y) <= 0.0, axis=1)

    def competing(self, Y: Array, complete: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Mask (n) of the complete rows that have every objective and meet every limit."""
        measured = np.isfinite(self.objective_values(Y)).all(axis=1)
        mask: NDArray[np.bool_] = np.asarray(complete, dtype=bool) & self.feasible(Y) & measured
        return mask

    def pareto_rows(self, Y: Array, complete: NDArray[np.bool_]) -> NDArray[np.intp]:
        """The competing rows that no other beats in all objectives, by the first of them, best first.

        With one objective, the best row and its equals.
        """
        rows = np.flatnonzero(self.competing(Y, complete))
        values = self.objective_values(Y)[rows]
        front = non_dominated(values)
        return rows[front][np.argsort(-values[front, 0], kind="stable")]

    def best_index(self, Y: Array, complete: NDArray[np.bool_]) -> int | None:
        """Row of the best first objective among complete rows that meet every limit; None if there is none.

        Raises:
            NotSupportedError: several objectives, of which none is first.
        """
        if self.n_objectives > 1:
            raise NotSupportedError(
                "several objectives have no single best; look at their Pareto front (`Study.pareto_front()`)"
            )
        values = self.objective_values(Y)[:, 0]
        allowed = np.asarray(complete, dtype=bool) & self.feasible(Y) & np.isfinite(values)
        return int(np.argmax(np.where(allowed, values, -np.inf))) if allowed.any() else None

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, versioned schema."""
        objectives = [
            {"goal": "maximize" if isinstance(g, Maximize) else "minimize", "name": g.name}
            | {key: getattr(g, key) for key in OPTIONS if getattr(g, key) is not None}
            for g in self.objectives
        ]
        constraints = [{"name": g.name, "upper": g.upper, "lower": g.lower} for g in self.constraints]
        return {"version": 1, "objectives": objectives, "constraints": constraints}

    @classmethod
    def from_dict(cls, schema: Mapping[str, Any]) -> Goals:
        """Goals from what `to_dict` gave."""
        if schema.get("version") != 1:
            raise InvalidInputError(
                f"these goals have version {schema.get('version')!r}; this augury reads version 1"
            )
        goals: list[Goal] = [
            DIRECTIONS[goal["goal"][:3]](goal["name"], **{key: goal.get(key) for key in OPTIONS})
            for goal in schema["objectives"]
        ]
        goals += [Constraint(**goal) for goal in schema["constraints"]]
        return cls(goals)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Goals) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((*self.objectives, *self.constraints))

    def __str__(self) -> str:
        return ", ".join(str(goal) for goal in [*self.objectives, *self.constraints])

    def __repr__(self) -> str:
        return f"Goals({[*self.objectives, *self.constraints]!r})"
