"""What is under evaluation, told to all workers of an Optuna study through its storage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial

_KEY = "augury:proposed"
_LONGEST = 2000  # characters of one attribute, which some storages limit


def share(
    study: Study, trial: FrozenTrial, params: Mapping[str, Any], distributions: Mapping[str, BaseDistribution]
) -> None:
    """Let other workers know what was proposed for a trial, before its objective has asked for all of it."""
    internal = {name: float(distributions[name].to_internal_repr(value)) for name, value in params.items()}
    text = json.dumps(internal)
    for part, start in enumerate(range(0, len(text), _LONGEST)):
        chunk = text[start : start + _LONGEST]
        study._storage.set_trial_system_attr(trial._trial_id, f"{_KEY}:{part}", chunk)


def known_params(trial: FrozenTrial, distributions: Mapping[str, BaseDistribution]) -> dict[str, Any]:
    """What a running trial evaluates, as far as it is known: what was proposed, and what it has asked for."""
    parts: list[str] = []
    while (chunk := trial.system_attrs.get(f"{_KEY}:{len(parts)}")) is not None:
        parts.append(chunk)
    internal: dict[str, float] = json.loads("".join(parts)) if parts else {}
    proposed = {
        name: distributions[name].to_external_repr(value)
        for name, value in internal.items()
        if name in distributions
    }
    return {**proposed, **trial.params}
