"""What a study is and where it stands, in the documents that the page is first given."""

from __future__ import annotations

from typing import Any

import numpy as np

from augury.space.goal import Constraint, Maximize
from augury.space.goals import Goals
from augury.space.parameters import Categorical, Fixed, Int
from augury.space.space import Space
from augury.study.report import words
from augury.study.report.results import Results, best_so_far
from augury.study.store import StudyOverview
from augury.study.study import Study
from augury.web.answers import rounded


def overview_document(one: StudyOverview) -> dict[str, Any]:
    """A study in the list of studies."""
    return {
        "name": one.name,
        "goal": words.goal_sentence(Goals.from_dict(one.goals)),
        "counts": one.counts,
        "created": None if one.created is None else round(one.created.timestamp()),
    }


def study_document(study: Study) -> dict[str, Any]:
    """What never changes about a study."""
    return {
        "name": study.name,
        "store": str(study.store.location),
        "goal": words.goal_sentence(study.goals),
        "model": study.model if isinstance(study.model, str) else type(study.model).__name__,
        "goals": [_goal(goal) for goal in (*study.goals.objectives, *study.goals.constraints)],
        "parameters": [_parameter(study.space, name) for name in study.space.names],
        "columns": list(study.space.columns),
        "constraints": list(study.space.constraints),
    }


def _goal(goal: Any) -> dict[str, Any]:
    if isinstance(goal, Constraint):
        return {"name": goal.name, "kind": "limit", "lower": goal.lower, "upper": goal.upper}
    return {"name": goal.name, "kind": "maximize" if isinstance(goal, Maximize) else "minimize"}


def _parameter(space: Space, name: str) -> dict[str, Any]:
    parameter = space.parameters[name]
    document: dict[str, Any] = {"name": name, "allowed": words.allowed(parameter)}
    if isinstance(parameter, Fixed):
        return document | {"kind": "fixed"}
    if isinstance(parameter, Categorical):
        return document | {"kind": "choice", "values": list(parameter.values)}
    return document | {
        "kind": "whole" if isinstance(parameter, Int) else "number",
        "low": getattr(parameter, "low", None),
        "high": getattr(parameter, "high", None),
        "log": bool(getattr(parameter, "log", False)),
    }


def standing(study: Study, results: Results) -> dict[str, Any]:
    """Where the study stands: counts, the best trial, and when each objective was bettered."""
    best = None if results.best is None else results.finished[results.best]
    failure = results.last_failure()
    return {
        "counts": results.counts(),
        "best": None
        if best is None
        else {
            "number": best.number,
            "values": {name: words.measured(best, name) for name in results.goals.outcomes},
            "params": {name: words.number(value) for name, value in best.params.items()},
        },
        "front": [results.finished[row].number for row in results.front],
        "best_so_far": _steps(results),
        "failure": None
        if failure is None
        else {"number": failure.number, "reason": failure.reason or "no reason given"},
        "spent": words.spending_text(study.spending()) if results.space.fidelity is not None else None,
    }


def _steps(results: Results) -> dict[str, list[list[Any]]]:
    """Objective -> the trials that bettered it, and its value from there on."""
    numbers = np.array([trial.number for trial in results.finished])
    found = {}
    for column, sign in zip(results.goals.objective_columns, results.goals.objective_signs, strict=True):
        best = best_so_far(results.Y[:, column], results.feasible, int(sign))
        changed = np.isfinite(best)
        changed[1:] &= ~(best[1:] == best[:-1])
        rows = np.flatnonzero(changed)
        name = results.goals.outcomes[column]
        found[name] = [numbers[rows].tolist(), [rounded(float(value)) for value in best[rows]]]
    return found
