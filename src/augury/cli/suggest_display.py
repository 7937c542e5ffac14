"""What `augury suggest` prints: what the table was taken for, how far to trust the model, what to do next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from augury.space.goals import Goals, Maximize
from augury.space.parameters import Categorical, Fixed, Parameter
from augury.study.sheet.advice import FEWEST_RESULTS, Advice, Experiments
from augury.study.sheet.cells import shown
from augury.study.sheet.definition import Definition
from augury.study.sheet.next_table import decimals_of, rounded_prediction
from augury.study.sheet.quality import Quality
from augury.study.sheet.table import Table

WHY = {
    "exploit": "expected to be as good as the best so far, or better",
    "explore": "the outcome is uncertain, so there is most to learn or to win",
    "balance": "nearly as good as the best, with room for a surprise",
    "feasibility": "sought to keep the limits",
    "initial design": "spread over the ranges, to learn from",
}
_MOST_CHOICES = 4


@dataclass(frozen=True)
class Outcome:
    """All that a run of `augury suggest` found and wrote."""

    table: Table
    goals: Goals
    definition: Definition
    experiments: Experiments
    advice: Advice
    asked: int
    target: Path
    space_file: Path


def print_text(outcome: Outcome) -> None:
    """Print the outcome for a person."""
    console = Console(highlight=False, soft_wrap=False)
    console.print(_headline(outcome), style="bold", markup=False)
    for note in notes(outcome):
        console.print(note, markup=False)
    console.print()
    console.print(_columns(outcome))
    console.print(_origin(outcome), markup=False)
    console.print()
    console.print(_best(outcome), markup=False)
    console.print(quality_text(outcome.advice.quality, _n_results(outcome)), markup=False)
    console.print()
    console.print(_suggestions(outcome))
    for reason in dict.fromkeys(one.prediction.reason for one in outcome.advice.suggestions):
        if reason in WHY:
            console.print(f"{reason}: {WHY[reason]}", markup=False)
    console.print(f"\nThe next experiments are in {outcome.target}", markup=False, soft_wrap=True)
    console.print(
        f"Copy those you start into {outcome.table.path.name}: without a result they count as under way."
    )


def print_json(outcome: Outcome) -> None:
    """Print the outcome for a program."""
    advice, quality = outcome.advice, outcome.advice.quality
    counts = {status: outcome.experiments.count(status) for status in ("complete", "failed", "pending")}
    document = {
        "goals": outcome.goals.to_dict(),
        "experiments": counts,
        "space": {
            name: parameter.to_dict() for name, parameter in outcome.definition.space.parameters.items()
        },
        "constraints": outcome.definition.space.constraints,
        "set_aside": outcome.definition.aside,
        "best": None if advice.best is None else _best_row(outcome, advice.best),
        "leave_one_out": None
        if quality is None
        else {"n": quality.n, "r2": quality.r2, "error": quality.error, "mean_error": quality.mean_error},
        "model": quality_text(quality, _n_results(outcome)),
        "suggestions": [
            {"params": one.params, "prediction": one.prediction.to_dict()} for one in advice.suggestions
        ],
        "notes": notes(outcome),
        "written": str(outcome.target),
        "space_file": None if outcome.definition.origin == "candidates" else str(outcome.space_file),
    }
    Console(soft_wrap=True, highlight=False, markup=False).print(
        json.dumps(document, ensure_ascii=True, indent=2)
    )


def quality_text(quality: Quality | None, n: int) -> str:
    """How well the model predicts, in plain words."""
    if quality is None and n < FEWEST_RESULTS:
        return (
            f"With {_count(n, 'result')} there is nothing to judge a model by yet; until there are "
            f"{FEWEST_RESULTS}, experiments are spread over the ranges."
        )
    if quality is None:
        return (
            "The results are of too few different settings to judge the model by: take its predictions as "
            "guesses."
        )
    if quality.r2 is None:
        return (
            f"All {quality.n} results are the same: there is nothing to learn from yet, and the predictions "
            "mean little."
        )
    errors = f"{quality.error:.3g} against {quality.mean_error:.3g} for always guessing the mean"
    if quality.r2 < 0.05:
        return (
            "The model predicts no better than the mean of all results: take its predictions as "
            "guesses (each setting "
            f"predicted from the others: typical error {errors})."
        )
    return (
        f"The model predicts {quality.r2:.0%} of the variance (each setting predicted from the others: "
        "leave-one-out R2 "
        f"{quality.r2:.2f}): typical error {errors}."
    )


def notes(outcome: Outcome) -> list[str]:
    """What the user should know about how the table was read."""
    found = [outcome.table.note] if outcome.table.note else []
    found += [f"Note: {note}." for note in outcome.definition.notes]
    if outcome.definition.guessed:
        found.append(
            "Note: nothing varies in this table, so the range of "
            f"{', '.join(outcome.definition.guessed)} is a guess, "
            f"half to twice the value: set it in {outcome.space_file.name} before you trust a suggestion."
        )
    left = len(outcome.advice.suggestions)
    if left < outcome.asked:
        found.append(f"Note: of the candidates, only {left} {'is' if left == 1 else 'are'} left to try.")
    return found


def _headline(outcome: Outcome) -> str:
    experiments = outcome.experiments
    parts = [f"{experiments.count('complete')} with a result"]
    parts += [f"{experiments.count('failed')} failed"] if experiments.count("failed") else []
    parts += [f"{experiments.count('pending')} under way"] if experiments.count("pending") else []
    return f"{outcome.table.path.name}: {_count(outcome.table.n, 'experiment')} ({', '.join(parts)})"


def _columns(outcome: Outcome) -> Grid:
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("column", "role", "values"):
        grid.add_column(title, overflow="fold")
    grid.add_column("step", justify="right")
    parameters, remainder = outcome.definition.space.parameters, outcome.definition.remainder
    for name in dict.fromkeys([*outcome.table.columns, *parameters]):
        if name in parameters:
            role, values, step = _describe(parameters[name])
            step = "" if outcome.definition.origin == "candidates" else step
        elif remainder is not None and name == remainder.name:
            role, values, step = "setting, the rest", remainder.text, ""
        elif name in outcome.goals.outcomes:
            role, values, step = "result", _wanted(outcome.goals, name), ""
        else:
            role, values, step = "set aside", outcome.definition.aside.get(name, ""), ""
        style = "dim" if role == "set aside" else "bold" if role == "result" else ""
        grid.add_row(Text(name), role, Text(values), step, style=style)
    return grid


def _describe(parameter: Parameter) -> tuple[str, str, str]:
    """Role, values and step of a setting."""
    if isinstance(parameter, Fixed):
        return "setting, fixed", str(parameter.value), ""
    if isinstance(parameter, Categorical):
        values = ", ".join(str(value) for value in parameter.values[:_MOST_CHOICES])
        more = len(parameter.values) - _MOST_CHOICES
        return (
            f"setting, {len(parameter.values)} choices",
            values + (f" and {more} more" if more > 0 else ""),
            "",
        )
    schema = parameter.to_dict()
    step = (
        "by ratio"
        if schema.get("log")
        else _number(schema.get("step", 1 if schema["type"] == "int" else "any"))
    )
    return "setting, number", f"{_number(schema['low'])} to {_number(schema['high'])}", step


def _number(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _wanted(goals: Goals, name: str) -> str:
    for goal in goals.objectives:
        if goal.name == name:
            return "as large as possible" if isinstance(goal, Maximize) else "as small as possible"
    limit = next(goal for goal in goals.constraints if goal.name == name)
    sides = [("at least", limit.lower), ("at most", limit.upper)]
    return " and ".join(f"{words} {value:g}" for words, value in sides if value is not None)


def _origin(outcome: Outcome) -> str:
    definition = outcome.definition
    rules = f"Rules: {'; '.join(definition.space.constraints)}. " if definition.space.constraints else ""
    if definition.origin == "candidates":
        return f"{rules}The choices are the {definition.space.size} candidates."
    if definition.origin == "file":
        return f"{rules}Settings and ranges are those of {outcome.space_file.name}."
    return (
        f"{rules}Ranges, choices and steps are those seen in the table. They were written to "
        f"{outcome.space_file}: edit "
        "them there (also if a column was taken for a setting that is a measured result) and run again."
    )


def _best(outcome: Outcome) -> str:
    row = outcome.advice.best
    if row is None:
        return (
            "No experiment with a result keeps all limits yet."
            if outcome.goals.constraints
            else "No results yet."
        )
    best = _best_row(outcome, row)
    settings = ", ".join(f"{name} {value}" for name, value in best["params"].items())
    return f"Best so far: {outcome.goals.outcomes[0]} {best['value']:.6g} (row {best['row']}: {settings})."


def _best_row(outcome: Outcome, row: int) -> dict[str, Any]:
    columns = outcome.table.columns
    varied = [name for name in outcome.definition.space.columns if name in columns]
    return {
        "row": outcome.table.row_numbers[row],
        "value": float(outcome.experiments.Y[row, 0]),
        "params": {name: shown(columns[name][row]) for name in varied},
    }


def _suggestions(outcome: Outcome) -> Grid:
    grid = Grid(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title="Next experiments",
        title_justify="left",
        title_style="bold",
    )
    fixed = [name for name, p in outcome.definition.space.parameters.items() if isinstance(p, Fixed)]
    varied = [name for name in outcome.definition.settings if name not in fixed]
    outcomes = [
        n for n in outcome.goals.outcomes if any(n in s.prediction.mean for s in outcome.advice.suggestions)
    ]
    for name in varied:
        grid.add_column(Text(name), overflow="fold")
    for name in outcomes:
        grid.add_column(Text(f"predicted {name}"), no_wrap=True)
    grid.add_column("why")
    for one in outcome.advice.suggestions:
        cells = [Text(_number(one.params[name])) for name in varied if name in one.params]
        mean, std = one.prediction.mean, one.prediction.std
        cells += [Text(_expected(mean.get(name), std.get(name))) for name in outcomes]
        grid.add_row(*cells, one.prediction.reason)
    return grid


def _expected(mean: float | None, std: float | None) -> str:
    """A prediction as text, such as 69.3 ± 7.0."""
    near, spread = rounded_prediction(mean, std)
    if near is None or not spread:
        return "" if near is None else f"{near:.12g}"
    decimals = max(0, decimals_of(spread))
    return f"{near:.{decimals}f} ± {spread:.{decimals}f}"


def _n_results(outcome: Outcome) -> int:
    return int(outcome.experiments.measured.sum())


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
