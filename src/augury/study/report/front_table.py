"""The Pareto front as a table: what was measured, what the models expect there, how far from each limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from augury.errors import NotSupportedError
from augury.study.recommendation import Recommendation
from augury.study.report import words

if TYPE_CHECKING:
    from augury.strategies.base import Prediction
    from augury.study.report.results import Results
    from augury.study.study import Study

#: Rows of the table; of a larger front, evenly spread along the first objective.
MOST_FRONT_ROWS = 20


@dataclass(frozen=True)
class FrontRow:
    """One member of the front.

    Args:
        number: of the trial.
        outcomes: what was measured, then the model's mean and standard deviation, as text.
        slacks: how far each constraint is from its limit, as text.
        balanced: whether it is the best where all objectives matter alike.
    """

    number: int
    outcomes: list[tuple[str, str]]
    slacks: list[str]
    balanced: bool


def front_rows(results: Results, predictions: dict[int, Prediction]) -> list[FrontRow]:
    """The rows of the table.

    Args:
        results: of several objectives.
        predictions: row of the front -> what the models expect there; empty where they cannot be asked.
    """
    rows, best = [], balanced_row(results)
    for row in shown_rows(results):
        trial, expected = results.finished[row], predictions.get(row)
        outcomes = []
        for goal in results.goals.objectives:
            text = ""
            if expected is not None and goal.name in expected.mean:
                text = f"{words.number(expected.mean[goal.name])} ± {expected.std[goal.name]:.2g}"
            outcomes.append((words.measured(trial, goal.name), text))
        values = trial.values
        slacks = [words.number(words.slack(limit, values[limit.name])) for limit in results.goals.constraints]
        rows.append(FrontRow(trial.number, outcomes, slacks, row == best))
    return rows


def shown_rows(results: Results) -> list[int]:
    """Rows of the front that the table shows, the balanced one among them."""
    front = [int(row) for row in results.front]
    if len(front) <= MOST_FRONT_ROWS:
        return front
    spread = np.linspace(0, len(front) - 1, MOST_FRONT_ROWS).round().astype(int)
    kept = {front[index] for index in spread} | {balanced_row(results)}
    return [row for row in front if row in kept]


def balanced_row(results: Results) -> int:
    """The row of the front whose worst objective is best, each counted from the front's worst to its best."""
    columns = results.goals.objective_columns
    values = results.Y[results.front][:, columns] * results.goals.objective_signs
    spread = np.ptp(values, axis=0)
    shares = (values - values.min(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    return int(results.front[np.argmax(np.where(spread > 0.0, shares, 1.0).min(axis=1))])


def expected_at(study: Study, results: Results, rows: list[int]) -> dict[int, Prediction]:
    """What the study's models expect of rows of the results; empty where they cannot be asked."""
    from augury.strategies.recommendation import predictions_at

    X = results.space.encode([results.finished[row].params for row in rows])
    try:
        found = predictions_at(study.model, study.space, study.goals, study.observations(), X)
    except NotSupportedError:
        return {}
    return {} if found is None else dict(zip(rows, found, strict=True))


def balanced_recommendation(study: Study, results: Results) -> Recommendation | None:
    """The member of the front to use where all objectives matter alike, and what is expected of it."""
    if not len(results.front):
        return None
    row = balanced_row(results)
    expected = expected_at(study, results, [row]).get(row)
    if expected is None or any(goal.name not in expected.mean for goal in results.goals.objectives):
        return None
    return Recommendation(results.finished[row].params, expected.mean, expected.std, "evaluated")
