"""Puts the report together: what is said and shown, handed to the template."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from augury import __version__
from augury.space.goal import Constraint, Maximize
from augury.study.report import words
from augury.study.report.calibration import calibration_figure
from augury.study.report.effects import common_limits, effect_figure, effects, important_columns
from augury.study.report.front import front_figure, hypervolume_figure
from augury.study.report.front_table import FrontRow, expected_at, front_rows, shown_rows
from augury.study.report.learning_curves import learning_curves_figure
from augury.study.report.parallel_coordinates import chosen_trials, coordinates, parallel_coordinates_figure
from augury.study.report.portfolio import portfolio_section
from augury.study.report.progress import Outcome, progress_figure
from augury.study.report.recommended import recommended_of
from augury.study.report.results import Results
from augury.study.report.style import to_svg
from augury.study.report.surrogate import FEWEST, Surrogate, surrogates_of
from augury.study.report.trade_off import trade_off_section

if TYPE_CHECKING:
    from augury.study.study import Study

MOST_PARAMETERS = 12
"""Parameters that the figures show: the most important ones."""

MOST_ROWS = 50


@dataclass(frozen=True)
class _Effects:
    outcome: str
    figures: list[Markup]


@dataclass(frozen=True)
class _Front:
    size: int
    reference: list[tuple[str, str]]
    pairs: Markup
    growth: Markup
    objectives: list[str]
    limits: list[str]
    rows: list[FrontRow]


@dataclass(frozen=True)
class _Calibration:
    outcome: str
    figure: Markup | None
    sentences: list[str]


def render(study: Study) -> str:
    """The report as HTML."""
    results = Results.of(study)
    surrogates = surrogates_of(study, results)
    columns = important_columns(results.space, surrogates)[:MOST_PARAMETERS]
    return _template().render(
        name=study.name,
        version=__version__,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        goal=words.goal_sentence(results.goals),
        counts=results.counts(),
        n_finished=len(results.finished),
        best=_best(results),
        recommended=_recommended(study, results),
        spent=words.spending_text(study.spending()) if results.space.fidelity is not None else None,
        n_infeasible=int((~results.failed & ~results.feasible).sum()),
        has_limits=bool(results.goals.constraints),
        n_objectives=results.goals.n_objectives,
        n_parameters=results.space.dim,
        n_shown=len(columns),
        fewest=FEWEST,
        front=_front(study, results),
        trade_off=trade_off_section(study),
        progress=_progress(results),
        curves=_curves(results),
        portfolio=portfolio_section(results.trials, surrogates),
        effects=_effects(results, surrogates, columns),
        parallel=_parallel(results, columns),
        calibrations=[_calibration(surrogate) for surrogate in surrogates],
        table=_table(results),
        failures=_failures(results),
        n_failures=int(results.failed.sum()),
        space=[(name, words.allowed(parameter)) for name, parameter in results.space.parameters.items()],
        constraints=results.space.constraints,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("augury.study.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


def _best(results: Results) -> dict[str, Any] | None:
    if results.best is None:
        return None
    trial = results.finished[results.best]
    return {
        "number": trial.number,
        "params": [(name, words.number(value)) for name, value in trial.params.items()],
        "outcomes": [(name, words.measured(trial, name)) for name in results.goals.outcomes],
    }


def _recommended(study: Study, results: Results) -> list[str]:
    found = recommended_of(study, results)
    return [] if found is None else words.recommendation_lines(found, results.goals)


def _front(study: Study, results: Results) -> _Front | None:
    if results.goals.n_objectives == 1 or not len(results.front):
        return None
    history, columns = study.hypervolume(), results.goals.objective_columns
    names = [results.goals.outcomes[column] for column in columns]
    rows = np.flatnonzero(np.isfinite(results.Y[:, columns]).all(axis=1))
    reference = np.array([history.reference[name] for name in names])
    front = np.searchsorted(rows, results.front)
    pairs = front_figure(names, results.Y[rows][:, columns], results.feasible[rows], front, reference)
    growth = hypervolume_figure(history.trials, history.values)
    return _Front(
        len(front),
        [(name, words.number(value)) for name, value in history.reference.items()],
        Markup(to_svg(pairs, "front", "The results by pairs of objectives, with the Pareto front")),  # noqa: S704
        Markup(to_svg(growth, "hypervolume", "The dominated hypervolume by trial")),  # noqa: S704
        names,
        [words.limit_text(limit) for limit in results.goals.constraints],
        front_rows(results, expected_at(study, results, shown_rows(results))),
    )


def _progress(results: Results) -> Markup | None:
    if not results.finished:
        return None
    goals = results.goals
    outcomes = []
    for column, goal in enumerate((*goals.objectives, *goals.constraints)):
        values = results.Y[:, column]
        if isinstance(goal, Constraint):
            outcomes.append(Outcome(goal.name, values, 0, (goal.lower, goal.upper)))
        else:
            outcomes.append(Outcome(goal.name, values, 1 if isinstance(goal, Maximize) else -1))
    numbers = np.array([trial.number for trial in results.finished])
    figure = progress_figure(outcomes, numbers, results.feasible, results.failed)
    return Markup(to_svg(figure, "progress", "Measured values and the best so far, by trial"))  # noqa: S704


def _curves(results: Results) -> Markup | None:
    reported = [trial for trial in results.trials if trial.intermediate_values]
    if not reported:
        return None
    best = None if results.best is None else results.finished[results.best].number
    figure = learning_curves_figure(reported, results.goals.outcomes[0], best)
    return Markup(to_svg(figure, "curves", "What each trial reported, by step"))  # noqa: S704


def _effects(results: Results, surrogates: list[Surrogate], columns: list[int]) -> list[_Effects]:
    if results.best is None:
        return []
    best = results.space.encode([results.finished[results.best].params])[0]
    active = results.space.conditions.active(best[None])[0]  # the others change nothing there
    columns = [column for column in columns if active[column]]
    groups = []
    for i, surrogate in enumerate(surrogates):
        shown = effects(surrogate, results.space, best, columns)
        limits = common_limits(shown)
        figures = [
            to_svg(
                effect_figure(effect, surrogate.outcome, limits),
                f"effect-{i}-{j}",
                f"Predicted {surrogate.outcome} along {effect.name}",
            )
            for j, effect in enumerate(shown)
        ]
        groups.append(_Effects(surrogate.outcome, [Markup(svg) for svg in figures]))  # noqa: S704
    return groups


def _parallel(results: Results, columns: list[int]) -> Markup | None:
    values = results.Y[:, 0]
    rows = np.flatnonzero(np.isfinite(values))
    if len(rows) < 2:
        return None
    sign = int(results.goals.objective_signs[0])
    rows = rows[chosen_trials(values[rows], sign)]
    X = results.space.encode([results.finished[row].params for row in rows])
    figure = parallel_coordinates_figure(
        coordinates(results.space, X, columns), values[rows], sign, results.goals.outcomes[0]
    )
    return Markup(to_svg(figure, "parallel", "Every trial as a line over the parameters"))  # noqa: S704


def _calibration(surrogate: Surrogate) -> _Calibration:
    calibration = surrogate.calibration()
    name = f"calibration-{surrogate.outcome.encode().hex()}"
    svg = to_svg(
        calibration_figure(calibration, surrogate.outcome),
        name,
        f"Predicted against measured {surrogate.outcome}",
    )
    sentences = words.calibration_sentences(calibration, surrogate.outcome)
    return _Calibration(surrogate.outcome, Markup(svg), sentences)  # noqa: S704


def _table(results: Results) -> dict[str, Any]:
    ranking = results.ranking()
    rows = []
    for row in ranking[:MOST_ROWS]:
        trial = results.finished[row]
        rows.append(
            {
                "number": trial.number,
                "feasible": bool(results.feasible[row]),
                "outcomes": [words.measured(trial, name) for name in results.goals.outcomes],
                "params": [words.number(trial.params.get(name, "")) for name in results.space.param_names],
                "why": trial.prediction.reason if trial.prediction is not None else "",
            }
        )
    return {
        "outcomes": results.goals.outcomes,
        "names": results.space.param_names,
        "rows": rows,
        "n_left_out": max(0, len(ranking) - MOST_ROWS),
    }


def _failures(results: Results) -> list[dict[str, Any]]:
    failed = [trial for trial, lost in zip(results.finished, results.failed, strict=True) if lost]
    return [
        {
            "number": trial.number,
            "params": ", ".join(f"{name} = {words.number(value)}" for name, value in trial.params.items()),
            "reason": trial.reason or "no reason given",
            "transient": trial.transient,
            "traceback": trial.traceback,
        }
        for trial in failed[-MOST_ROWS:]
    ]
