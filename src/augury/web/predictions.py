"""What the charts show of the surrogate: slices, maps, calibration, and the point it recommends."""

from __future__ import annotations

from typing import Any

import numpy as np

from augury.errors import InvalidInputError
from augury.study.report import words
from augury.study.report.recommended import recommended_of
from augury.study.report.surrogate import FEWEST, MOST, Surrogate
from augury.web.answers import all_rounded, rounded
from augury.web.studies import Fitted, OpenStudy

_MOST_SLICES = 12
_MOST_CALIBRATED = 300


def model_document(opened: OpenStudy) -> dict[str, Any]:
    """The surrogate of each outcome: slices through the best trial, and how well it predicts."""
    from augury.study.report.portfolio import member_rows

    fitted = opened.fitted(anew=True)
    results = fitted.snapshot.results
    best = _best_point(fitted)
    columns = _shown_columns(fitted, best)
    return {
        "revision": fitted.snapshot.revision,
        "fewest": FEWEST,
        "results": int((~results.failed).sum()),
        "learned_from": max((len(one.y) for one in fitted.surrogates), default=0),
        "columns": [results.space.columns[column] for column in columns],
        "outcomes": [
            {
                "name": surrogate.outcome,
                "slices": [] if best is None else _slices(surrogate, fitted, best, columns),
                "calibration": _calibration(surrogate),
                "members": member_rows(surrogate.model),
            }
            for surrogate in fitted.surrogates
        ],
        "recommended": _recommended(opened, fitted),
    }


def map_document(opened: OpenStudy, outcome: str, across: str, up: str) -> dict[str, Any] | None:
    """The prediction of an outcome over two parameters; None while there is no surrogate or no best trial.

    Raises:
        InvalidInputError: no such outcome or parameters.
    """
    from augury.study.report.maps import MapAxis, surrogate_map

    space, goals = opened.study.space, opened.study.goals
    for name in (across, up):
        if name not in space.columns:
            raise InvalidInputError(f"{name!r} is no parameter to draw a map over")
    if across == up:
        raise InvalidInputError("a map needs two different parameters")
    if outcome not in goals.outcomes:
        raise InvalidInputError(f"{outcome!r} is no outcome of the study")
    fitted = opened.fitted(anew=False)
    surrogate = next((one for one in fitted.surrogates if one.outcome == outcome), None)
    best = _best_point(fitted)
    if surrogate is None or best is None:
        return None
    columns = list(space.columns)
    drawn = surrogate_map(surrogate, space, best, columns.index(across), columns.index(up))

    def axis(one: MapAxis) -> dict[str, Any]:
        return {
            "name": one.name,
            "values": all_rounded(one.values) if one.numeric else one.values,
            "best": rounded(float(one.best)) if one.numeric else one.best,
            "numeric": one.numeric,
            "log": one.log,
        }

    return {
        "outcome": outcome,
        "across": axis(drawn.across),
        "up": axis(drawn.up),
        "mean": all_rounded(drawn.mean),
        "std": all_rounded(drawn.std),
    }


def _best_point(fitted: Fitted) -> np.ndarray | None:
    results = fitted.snapshot.results
    if results.best is None:
        return None
    return results.space.encode([results.finished[results.best].params])[0]


def _shown_columns(fitted: Fitted, best: np.ndarray | None) -> list[int]:
    """The most important columns that are active at the best point; the others change nothing there."""
    if best is None:
        return fitted.columns[:_MOST_SLICES]
    active = fitted.snapshot.results.space.conditions.active(best[None])[0]
    return [column for column in fitted.columns[:_MOST_SLICES] if active[column]]


def _slices(
    surrogate: Surrogate, fitted: Fitted, best: np.ndarray, columns: list[int]
) -> list[dict[str, Any]]:
    from augury.study.report.effects import effects

    if not columns:
        return []
    return [
        {
            "name": effect.name,
            "values": all_rounded(effect.values) if effect.numeric else effect.values,
            "mean": all_rounded(effect.mean),
            "std": all_rounded(effect.std),
            "best": rounded(float(effect.best)) if effect.numeric else effect.best,
            "numeric": effect.numeric,
            "log": effect.log,
        }
        for effect in effects(surrogate, fitted.snapshot.results.space, best, columns)
    ]


def _calibration(surrogate: Surrogate) -> dict[str, Any]:
    calibration = surrogate.calibration()
    n = len(calibration.measured)
    shown = np.unique(np.linspace(0, n - 1, min(n, _MOST_CALIBRATED)).round().astype(int))
    return {
        "sentences": words.calibration_sentences(calibration, surrogate.outcome),
        "measured": all_rounded(calibration.measured[shown]),
        "mean": all_rounded(calibration.mean[shown]),
        "std": all_rounded(calibration.std[shown]),
        "n": n,
    }


def _recommended(opened: OpenStudy, fitted: Fitted) -> list[str]:
    """What the study recommends, in words; nothing of more results than a page may wait for."""
    results = fitted.snapshot.results
    if int((~results.failed).sum()) > MOST:
        return []
    found = recommended_of(opened.study, results)
    return [] if found is None else words.recommendation_lines(found, results.goals)
