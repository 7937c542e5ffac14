"""What a trial came to: its measured outcomes, or a failure."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from augury.study.gradient import parse_gradient
from augury.study.number import as_number
from augury.study.signals import Pruned, TransientFailure
from augury.study.wrong_result import NonFiniteResultError, NothingMeasuredError, WrongResultError

if TYPE_CHECKING:
    from augury.space.parameter import Parameter

_PARTS = {"value", "stderr", "gradient"}


@dataclass(frozen=True)
class Failure:
    """Tells a study that a trial gave no result.

    Args:
        reason: what happened, for people.
        transient: True when the point is not to blame (a lost machine, a clogged needle): the trial goes
            back to the queue, twice unless a run says otherwise (`Study.run(retries=...)`), and the model
            learns nothing from it. False: the point failed, and the model learns to avoid its neighbourhood.
        traceback: the full account, when there is one.
    """

    reason: str = "failed"
    transient: bool = False
    traceback: str | None = None


FAILED = Failure()


@dataclass(frozen=True)
class Measurement:
    """Outcomes of one evaluation; absent means not measured.

    Args:
        values: outcome -> value.
        stderrs: outcome -> standard error.
        gradients: outcome -> parameter -> derivative, in their own units.
    """

    values: dict[str, float]
    stderrs: dict[str, float]
    gradients: dict[str, dict[str, float]] = field(default_factory=dict)


def parse_result(
    outcomes: Sequence[str], told: Any, parameters: Mapping[str, Parameter] | None = None
) -> Measurement | Failure | Pruned:
    """Checks and normalises what `tell` or an objective function was given.

    Args:
        outcomes: names of the study's outcomes, in storage order.
        told: a `Failure`, `TransientFailure` or `Pruned`; or, with one outcome, an entry: `value`,
            `(value, stderr)` or `{"value": ..., "stderr": ..., "gradient": ...}` (the gradient as
            `parse_gradient` takes it); or, with m outcomes, a sequence of m such entries; or a mapping
            {name: entry} with every name. An entry None means that the outcome was not measured.
        parameters: those of the space, in order; needed for gradients.

    Raises:
        NonFiniteResultError: a value is NaN or infinite.
        WrongResultError: wrong number of values, unknown or missing names, not numbers, a negative
            standard error, or nothing measured.
        InvalidInputError: a wrong gradient.
    """
    if isinstance(told, TransientFailure):
        return Failure(told.reason, transient=True)
    if isinstance(told, (Failure, Pruned)):
        return told
    values: dict[str, float] = {}
    stderrs: dict[str, float] = {}
    gradients: dict[str, dict[str, float]] = {}
    for name, entry in _entries(outcomes, told).items():
        if isinstance(entry, Mapping):
            entry, gradient = _parts(name, entry)
            if gradient is not None:
                gradients[name] = parse_gradient(name, gradient, parameters or {})
        if entry is None:
            continue
        value, stderr = _value_and_stderr(name, entry)
        values[name] = value
        if stderr is not None:
            stderrs[name] = stderr
    if not values:
        raise NothingMeasuredError(
            f"give a number for at least one of {_names(outcomes)}, "
            "or tell the trial as failed with augury.Failure(reason)"
        )
    return Measurement(values, stderrs, {name: one for name, one in gradients.items() if one})


def apart_from_notes(outcomes: Sequence[str], told: Any) -> tuple[Any, dict[str, Any]]:
    """A result, and what else was told with it: a mapping that has every outcome may hold more.

    Programs print what they have. What is no outcome is worth keeping beside the trial, and an evaluation
    that took hours is not thrown away for it.

    Args:
        outcomes: names of the study's outcomes.
        told: what an objective function or a program gave.

    Returns:
        What `parse_result` takes, and the notes: name -> value, made such that JSON can hold it.
    """
    if not isinstance(told, Mapping) or not set(outcomes) <= set(told):
        return told, {}
    if len(outcomes) == 1 and _is_entry(outcomes[0], told):
        return told, {}
    notes = {str(name): _note(value) for name, value in told.items() if name not in outcomes}
    return {name: told[name] for name in outcomes}, notes


def _note(value: Any) -> Any:
    value = value.tolist() if hasattr(value, "tolist") else value
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return str(value)
    return value


def _entries(outcomes: Sequence[str], told: Any) -> dict[str, Any]:
    if isinstance(told, Mapping):
        if len(outcomes) == 1 and _is_entry(outcomes[0], told):
            return {outcomes[0]: told}
        return _named_entries(outcomes, told)
    told = _as_list(told)
    if len(outcomes) == 1:
        if not isinstance(told, (list, tuple)):
            return {outcomes[0]: told}
        if len(told) == 1:
            return {outcomes[0]: told[0]}
        if len(told) == 2:
            return {outcomes[0]: tuple(told)}
        raise WrongResultError(
            f"{len(told)} values were given for the one outcome {outcomes[0]!r}",
            "give a number, or (value, standard error)",
        )
    if not isinstance(told, (list, tuple)) or len(told) != len(outcomes):
        given = f"{len(told)} values" if isinstance(told, (list, tuple)) else _shown(told)
        raise WrongResultError(
            f"{given} given for {len(outcomes)} outcomes",
            f"give a mapping with the names {_names(outcomes)}, "
            "or a sequence of that many values in that order",
        )
    return dict(zip(outcomes, told, strict=True))


def _is_entry(outcome: str, told: Mapping[Any, Any]) -> bool:
    """Whether a mapping is the parts of one entry, and not entries by the outcomes' names."""
    return "value" in told and set(told) <= _PARTS and (outcome != "value" or len(told) > 1)


def _parts(name: str, entry: Mapping[Any, Any]) -> tuple[Any, Any]:
    """The value, with its standard error where it was told, and the gradient."""
    unknown = [part for part in entry if part not in _PARTS]
    if unknown or entry.get("value") is None:
        raise WrongResultError(
            f"the result for {name!r} has the parts {_names([str(part) for part in entry])}",
            "give 'value', and 'stderr' or 'gradient' where known",
        )
    value, stderr = entry["value"], entry.get("stderr")
    return (value if stderr is None else (value, stderr)), entry.get("gradient")


def _named_entries(outcomes: Sequence[str], told: Mapping[Any, Any]) -> dict[str, Any]:
    unknown = [name for name in told if name not in outcomes]
    missing = [name for name in outcomes if name not in told]
    if unknown:
        raise WrongResultError(
            f"the result names the unknown outcome {unknown[0]!r}",
            f"the outcomes are {_names(outcomes)} (anything else can be kept with user_attrs)",
        )
    if missing:
        raise WrongResultError(
            f"the result lacks the outcome {missing[0]!r}", "give its value, or None if it was not measured"
        )
    return {str(name): entry for name, entry in told.items()}


def _value_and_stderr(name: str, entry: Any) -> tuple[float, float | None]:
    entry = _as_list(entry)
    if not isinstance(entry, (list, tuple)):
        return _finite(f"the value of {name!r}", entry), None
    if len(entry) != 2:
        raise WrongResultError(
            f"the result for {name!r} has {len(entry)} entries", "give a number, or (value, standard error)"
        )
    value = _finite(f"the value of {name!r}", entry[0])
    if entry[1] is None:
        return value, None
    stderr = _finite(f"the standard error of {name!r}", entry[1])
    if stderr < 0:
        raise WrongResultError(f"the standard error of {name!r} is {stderr}", "it must be 0 or more")
    return value, stderr


def _finite(what: str, given: Any) -> float:
    number = as_number(given)
    if number is None and isinstance(given, int):
        raise WrongResultError(
            f"{what} is too large: beyond ±{sys.float_info.max:.2g}", "choose a larger unit"
        )
    if number is None:
        raise WrongResultError(f"{what} is {_shown(given)}", "it must be a number")
    if not math.isfinite(number):
        raise NonFiniteResultError(f"{what} is {number}")
    return number


def _as_list(given: Any) -> Any:
    """Arrays and tensors with dimensions as (nested) lists; everything else unchanged."""
    if getattr(given, "ndim", 0) and hasattr(given, "tolist"):
        return given.tolist()
    return given


def _shown(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _names(outcomes: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in outcomes)
