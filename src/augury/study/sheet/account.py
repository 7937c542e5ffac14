"""What was found out about a table of experiments, in words and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from augury.space.goals import Goals
from augury.study.sheet.advice import FEWEST_RESULTS, Advice, Experiments
from augury.study.sheet.cells import shown
from augury.study.sheet.definition import Definition
from augury.study.sheet.quality import Quality
from augury.study.sheet.table import Table


@dataclass(frozen=True)
class Outcome:
    """All that was found out about a table, and the names of the files that go with it."""

    table: Table
    goals: Goals
    definition: Definition
    experiments: Experiments
    advice: Advice
    asked: int
    target: Path
    space_file: Path


def to_dict(outcome: Outcome) -> dict[str, Any]:
    """The outcome for a program, as JSON-able values."""
    advice, definition = outcome.advice, outcome.definition
    counts = {status: outcome.experiments.count(status) for status in ("complete", "failed", "pending")}
    return {
        "goals": outcome.goals.to_dict(),
        "experiments": counts,
        "cost": outcome.experiments.total_cost,
        "space": {name: parameter.to_dict() for name, parameter in definition.space.parameters.items()},
        "rest": None
        if definition.remainder is None
        else {definition.remainder.name: definition.remainder.text},
        "constraints": definition.space.constraints,
        "set_aside": definition.aside,
        "best": [best_row(outcome, row) for row in advice.best],
        "leave_one_out": {name: _quality_dict(quality) for name, quality in advice.quality.items()},
        "model": quality_texts(outcome),
        "suggestions": [
            {"params": one.params, "prediction": one.prediction.to_dict()} for one in advice.suggestions
        ],
        "notes": notes(outcome),
        "written": str(outcome.target),
        "space_file": None if definition.origin == "candidates" else str(outcome.space_file),
    }


def _quality_dict(quality: Quality | None) -> dict[str, Any] | None:
    if quality is None:
        return None
    return {
        "n": quality.n,
        "r2": quality.r2,
        "error": quality.error,
        "mean_error": quality.mean_error,
        "method": quality.method,
    }


def quality_texts(outcome: Outcome) -> dict[str, str]:
    """Objective -> how well its model predicts, in plain words."""
    n = outcome.experiments.fewest_results(outcome.goals)
    modelled = any(one.prediction.mean for one in outcome.advice.suggestions)
    return {name: quality_text(quality, n, modelled) for name, quality in outcome.advice.quality.items()}


def quality_text(quality: Quality | None, n: int, modelled: bool = False) -> str:
    """How well the model predicts, in plain words; `modelled` where it is used whatever its quality."""
    if quality is None and n < FEWEST_RESULTS:
        instead = (
            "take its predictions as guesses."
            if modelled
            else f"until there are {FEWEST_RESULTS}, experiments are spread over the ranges."
        )
        return f"With {count(n, 'result')} there is nothing to judge a model by yet; {instead}"
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
        f"{quality.method} R2 "
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
    if (cost := outcome.experiments.total_cost) is not None:
        found.append(f"The experiments have cost {cost:g} so far.")
    left = len(outcome.advice.suggestions)
    if left < outcome.asked:
        found.append(f"Note: of the candidates, only {left} {'is' if left == 1 else 'are'} left to try.")
    return found


def best_row(outcome: Outcome, row: int) -> dict[str, Any]:
    """One experiment: its row in the table, its results and its settings as written."""
    columns = outcome.table.columns
    varied = [name for name in outcome.definition.space.columns if name in columns]
    return {
        "row": outcome.table.row_numbers[row],
        "values": {
            name: float(value)
            for name, value in zip(outcome.goals.outcomes, outcome.experiments.Y[row], strict=True)
            if isfinite(value)
        },
        "params": {name: shown(columns[name][row]) for name in varied},
    }


def count(n: int, what: str) -> str:
    """A number of things, in the singular or the plural."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
