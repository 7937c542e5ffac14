"""The pruners by name, as a study, a study file and the store know them."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

from augury.errors import InvalidInputError
from augury.study.pruning.base import NoPruner, Pruner
from augury.study.pruning.hyperband import HyperbandPruner
from augury.study.pruning.percentile import MedianPruner, PercentilePruner
from augury.study.pruning.successive_halving import SuccessiveHalvingPruner

PRUNERS: dict[str, type[Pruner]] = {
    "auto": MedianPruner,
    "median": MedianPruner,
    "percentile": PercentilePruner,
    "successive-halving": SuccessiveHalvingPruner,
    "hyperband": HyperbandPruner,
    "none": NoPruner,
}


def pruner_of(given: Any) -> Pruner:
    """A pruner from itself, its name, or its name with options.

    Args:
        given: a `Pruner`, a name ("median"), or a mapping {"name": "median", "n_warmup_steps": 10}.

    Raises:
        InvalidInputError: anything else, an unknown name, an unknown or missing option, or a bad value.
    """
    if isinstance(given, Pruner):
        return given
    options = dict(given) if isinstance(given, Mapping) else {"name": given}
    name = options.pop("name", None)
    if not isinstance(name, str) or name not in PRUNERS:
        raise InvalidInputError(
            f"the pruner is {given!r}; give one of {', '.join(map(repr, PRUNERS))}, {{name = ..., options}}, "
            "or a Pruner"
        )
    kind = PRUNERS[name]
    allowed = [] if kind is NoPruner else list(signature(kind).parameters)
    unknown = [option for option in options if option not in allowed]
    if unknown:
        raise InvalidInputError(
            f"the pruner {name!r} has no option {unknown[0]!r}; its options: {', '.join(allowed) or 'none'}"
        )
    if kind is PercentilePruner and "percentile" not in options:
        raise InvalidInputError("the pruner 'percentile' needs the option percentile, such as 25")
    return kind(**options)


def pruner_settings(given: Any) -> dict[str, Any]:
    """What a store keeps of a pruner: its name and options; nothing of "auto", and None for an object."""
    if isinstance(given, Mapping):
        return {"pruner": dict(given)}
    return {} if given == "auto" else {"pruner": given if isinstance(given, str) else None}
