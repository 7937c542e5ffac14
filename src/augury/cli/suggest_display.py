"""What `augury suggest` prints: what the table was taken for, how far to trust the model, what to do next."""

from __future__ import annotations

from math import floor, log10
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from augury.cli.fitting_table import FittingTable
from augury.space.goal import Maximize
from augury.space.goals import Goals
from augury.space.parameters import Categorical, Fixed, Parameter
from augury.study.sheet.account import Outcome, best_row, count, notes, quality_texts
from augury.study.sheet.cells import parse_number
from augury.study.sheet.next_table import decimals_of, rounded_prediction

WHY = {
    "exploit": "where the model expects the best results",
    "explore": "the outcome is uncertain, so there is most to learn or to win",
    "balance": "expected to be nearly as good, with room for a surprise",
    "feasibility": "sought to keep the limits",
    "initial design": "spread over the ranges, to learn from",
    "offline": "promised by what was learned from the whole table; the farther from its rows, the less sure, "
    "and beyond the best of them less sure than the ± says",
    "surrogate": "the best of many random designs by the surrogate, as the search led to known ones",
}
_MOST_CHOICES = 4
_MOST_BEST = 8
_MOST_SUGGESTIONS = 40
_LONGEST_PREDICTION = 26
"""A longer one is written with exponents: 4.31e-12 ± 3.2e-13."""


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
    for line in _best(outcome):
        console.print(line, markup=False)
    _print_quality(console, quality_texts(outcome))
    console.print()
    console.print(_suggestions(outcome))
    if (more := len(outcome.advice.suggestions) - _MOST_SUGGESTIONS) > 0:
        console.print(f"and {more} more in the file")
    for reason in dict.fromkeys(one.prediction.reason for one in outcome.advice.suggestions):
        if reason in WHY:
            console.print(f"{reason}: {WHY[reason]}", markup=False)
    weights = outcome.advice.suggestions[0].prediction.weights if outcome.advice.suggestions else None
    if weights:
        shares = ", ".join(f"{name} {weight:.0%}" for name, weight in weights.items())
        console.print(f"decided by {shares}: by how well each predicts results left out", markup=False)
    console.print(f"\nThe next experiments are in {outcome.target}", markup=False, soft_wrap=True)
    console.print(
        f"Copy those you start into {outcome.table.path.name}: without a result they count as under way."
    )


def _headline(outcome: Outcome) -> str:
    experiments = outcome.experiments
    parts = [f"{experiments.count('complete')} with a result"]
    parts += [f"{experiments.count('failed')} failed"] if experiments.count("failed") else []
    parts += [f"{experiments.count('pending')} under way"] if experiments.count("pending") else []
    return f"{outcome.table.path.name}: {count(outcome.table.n, 'experiment')} ({', '.join(parts)})"


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


def _best(outcome: Outcome) -> list[str]:
    """The best experiment in a sentence; with several goals the front, an experiment a line."""
    rows, objectives = outcome.advice.best, [goal.name for goal in outcome.goals.objectives]
    if not rows:
        return [
            "No experiment with a result keeps all limits yet."
            if outcome.goals.constraints
            else "No results yet."
        ]
    lines = []
    for row in rows[:_MOST_BEST]:
        best = best_row(outcome, row)
        reached = ", ".join(f"{name} {best['values'][name]:.6g}" for name in objectives)
        settings = ", ".join(f"{name} {_short(value)}" for name, value in best["params"].items())
        lines.append(f"{reached} (row {best['row']}: {settings})")
    if len(objectives) == 1:
        return [f"Best so far: {lines[0]}."]
    left = len(rows) - len(lines)
    more = [f"  and {left} more"] if left else []
    head = f"No experiment beats these {len(rows)} in all goals:" if len(rows) > 1 else "Best in all goals:"
    return [head, *(f"  {line}" for line in lines), *more]


def _print_quality(console: Console, texts: dict[str, str]) -> None:
    """One sentence for each objective; once only where it is the same for all."""
    if len(set(texts.values())) == 1:
        console.print(next(iter(texts.values())), markup=False)
        return
    for name, text in texts.items():
        console.print(f"{name}: {text}", markup=False)


def _short(text: str) -> str:
    """A cell as text, a long decimal fraction cut to six digits."""
    number = parse_number(text.replace(",", "."))
    return text if number is None or len(text) <= 10 else f"{number.value:.6g}"


def _suggestions(outcome: Outcome) -> FittingTable:
    fixed = [name for name, p in outcome.definition.space.parameters.items() if isinstance(p, Fixed)]
    varied = [name for name in outcome.definition.settings if name not in fixed]
    outcomes = [
        n for n in outcome.goals.outcomes if any(n in s.prediction.mean for s in outcome.advice.suggestions)
    ]
    shown = outcome.advice.suggestions[:_MOST_SUGGESTIONS]
    far = any(one.prediction.distance is not None for one in shown)
    headers = [*varied, *(f"predicted {name}" for name in outcomes), *(["distance"] if far else []), "why"]
    rows = []
    for one in shown:
        cells = [_number(one.params.get(name, "")) for name in varied]
        mean, std = one.prediction.mean, one.prediction.std
        cells += [_expected(mean.get(name), std.get(name)) for name in outcomes]
        distance = one.prediction.distance
        cells += ["" if distance is None else f"{distance:.3g}"] if far else []
        rows.append([*cells, one.prediction.reason])
    return FittingTable(headers, rows, title="Next experiments")


def _expected(mean: float | None, std: float | None) -> str:
    """A prediction as text, such as 69.3 ± 7.0."""
    near, spread = rounded_prediction(mean, std)
    if near is None or not spread:
        return "" if near is None else f"{near:.12g}"
    decimals = decimals_of(spread)
    plain = f"{near:.{max(0, decimals)}f} ± {spread:.{max(0, decimals)}f}"
    if len(plain) <= _LONGEST_PREDICTION:
        return plain
    digits = max(1, decimals + floor(log10(abs(near)))) if near else 1
    return f"{near:.{digits}e} ± {spread:.1e}"
