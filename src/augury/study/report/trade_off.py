"""The slider over preferences: the learned Pareto set as data and panels that a small script steers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from augury.study.report import words
from augury.study.report.style import BLUE, ORANGE, label

if TYPE_CHECKING:
    from augury.study.study import Study

_FEWEST = 4  # results with every objective, without which there is nothing to learn
_MOST_PANELS = 3
_LEFT, _TOP, _WIDTH, _HEIGHT = 64.0, 10.0, 250.0, 180.0  # of a panel's plot, in its own units


@dataclass(frozen=True)
class TradeOffSection:
    """What the template shows.

    Args:
        objectives: the names of the k objectives.
        data: the designs, as JSON that is safe inside a script element.
        panels: an SVG for each pair of objectives, with a mark for the chosen design.
        examples: without the script: (preference, params, outcomes) as text.
    """

    objectives: list[str]
    data: Markup
    panels: list[Markup]
    examples: list[tuple[str, str, str]]


def trade_off_section(study: Study) -> TradeOffSection | None:
    """The learned Pareto set of a study of several objectives; None where there are too few results."""
    goals = study.goals
    if goals.n_objectives == 1 or any(one.role != "design" for one in study.space.parameters.values()):
        return None
    observations = study.observations()
    if goals.competing(observations.Y, observations.complete).sum() < _FEWEST:
        return None
    learned = study.trade_offs.learned()
    if learned is None:
        return None
    names = [goal.name for goal in goals.objectives]
    X, scaled = learned.spread()
    predictions = learned.explain(X)
    params = study.space.decode(X)
    outcomes = np.array([[one.mean[name] for name in names] for one in predictions])
    pairs = list(combinations(range(len(names)), 2))[:_MOST_PANELS]
    places = np.stack([_places(outcomes[:, list(pair)]) for pair in pairs], axis=1)
    designs = [
        {
            "scaled": [round(float(value), 4) for value in scaled[i]],
            "at": places[i].round(1).tolist(),
            "params": {name: words.number(value) for name, value in params[i].items()},
            "outcomes": {
                name: f"{words.number(mean)} ± {predictions[i].std[name]:.2g}"
                for name, mean in predictions[i].mean.items()
            },
        }
        for i in range(len(X))
    ]
    panels = [
        _panel(number, [names[j] for j in pair], outcomes[:, list(pair)], places[:, number])
        for number, pair in enumerate(pairs)
    ]
    return TradeOffSection(names, _safe_json(designs), panels, _examples(names, designs))


def chosen(scaled: np.ndarray, weights: np.ndarray) -> int:
    """The design that a preference chooses, as the script and `ParetoSet.at` have it."""
    weighted = weights / weights.sum() * scaled
    return int((weighted.max(axis=1) + 0.05 * weighted.sum(axis=1)).argmin())


def _examples(names: list[str], designs: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    scaled = np.array([design["scaled"] for design in designs])
    wanted = [("all alike", np.ones(len(names)))]
    wanted += [(f"only {name}", np.eye(len(names))[column] + 1e-9) for column, name in enumerate(names)]
    rows = []
    for text, weights in wanted:
        design = designs[chosen(scaled, weights)]
        rows.append((text, _joined(design["params"]), _joined(design["outcomes"])))
    return rows


def _joined(values: dict[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def _places(values: np.ndarray) -> np.ndarray:
    """Coordinates (N x 2) inside a panel of two outcomes (N x 2)."""
    low, width = values.min(axis=0), np.ptp(values, axis=0)
    share = (values - low) / np.where(width > 0.0, width, 1.0)
    return np.stack([_LEFT + _WIDTH * share[:, 0], _TOP + _HEIGHT * (1.0 - share[:, 1])], axis=1)


def _panel(number: int, names: list[str], values: np.ndarray, places: np.ndarray) -> Markup:
    """The expected outcomes of all designs over two objectives, and a mark that the script moves."""
    (low_x, low_y), (high_x, high_y) = values.min(axis=0), values.max(axis=0)
    right, bottom = _LEFT + _WIDTH, _TOP + _HEIGHT
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places)
    across, up = (escape(label(name).replace(r"\$", "$")) for name in names)
    middle = _TOP + _HEIGHT / 2
    texts = (
        f'<text x="{_LEFT}" y="{bottom + 18}">{words.number(float(low_x))}</text>'
        f'<text x="{right}" y="{bottom + 18}" text-anchor="end">{words.number(float(high_x))}</text>'
        f'<text x="{_LEFT + _WIDTH / 2}" y="{bottom + 36}" text-anchor="middle">{across}</text>'
        f'<text x="{_LEFT - 6}" y="{bottom}" text-anchor="end">{words.number(float(low_y))}</text>'
        f'<text x="{_LEFT - 6}" y="{_TOP + 10}" text-anchor="end">{words.number(float(high_y))}</text>'
        f'<text x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">{up}</text>'
    )
    return Markup(  # noqa: S704 - names are escaped above, the rest are numbers
        f'<svg viewBox="0 0 330 236" width="330" role="img" aria-label="Expected {across} and {up}">'
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" stroke="var(--grid)"/>'
        f'<g fill="{BLUE}" fill-opacity="0.55">{dots}</g>'
        f'<g font-size="12" fill="currentColor">{texts}</g>'
        f'<circle id="trade-off-mark-{number}" cx="{places[0][0]:.1f}" cy="{places[0][1]:.1f}" r="7" '
        f'fill="{ORANGE}" stroke="var(--surface)" stroke-width="2"/></svg>'
    )


def _safe_json(document: Any) -> Markup:
    """JSON in which nothing can end the script element that holds it."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - see above
