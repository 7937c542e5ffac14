"""Trials as JSON documents."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

from augury.study.trial import Trial


def ask_document(trial: Trial) -> dict[str, Any]:
    """A trial to be evaluated: its number, its parameters, and what was expected of it."""
    document: dict[str, Any] = {"number": trial.number, "params": trial.params}
    if trial.prediction is not None and trial.prediction.mean:
        document["prediction"] = trial.prediction.to_dict()
    return document


def trial_document(trial: Trial) -> dict[str, Any]:
    """A trial and what became of it; what is not known is left out."""
    document: dict[str, Any] = {
        "number": trial.number,
        "status": trial.status,
        "params": trial.params,
        "values": trial.values,
    }
    if trial.stderrs:
        document["stderrs"] = trial.stderrs
    if trial.gradients:
        document["gradients"] = trial.gradients
    if trial.intermediate_values:
        document["intermediate_values"] = {
            step: value if isfinite(value) else None for step, value in trial.intermediate_values.items()
        }
    if trial.reason is not None:
        document["reason"] = trial.reason
    return document


def to_json(document: Any) -> str:
    """The document as indented JSON text."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False, default=_listed)


def _listed(value: Any) -> Any:
    """An array, of the params, as lists."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is nothing that JSON can hold")
