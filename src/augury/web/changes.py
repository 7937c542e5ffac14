"""What the page may change where `--write` allows it: tell results, ask for experiments, abandon trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augury.errors import InvalidInputError
from augury.study.documents import ask_document, trial_document
from augury.study.result import Failure
from augury.study.study import Study
from augury.web.answers import text_of, whole_of

MOST_ASKED = 100
_LARGEST = 2**31 - 1
_KINDS = ("values", "failed", "abandon")


def tell(study: Study, body: Mapping[str, Any]) -> dict[str, Any]:
    """Records what a trial came to.

    Args:
        study: the study.
        body: `number`, and one of `values` (as `Study.tell` takes them), `failed` (the reason; with
            `retry` the trial goes back to the queue), `abandon` (true); `cost` where it is known.

    Raises:
        InvalidInputError: there is no such trial, or a result that does not fit.
    """
    number = whole_of(body, "number", 0, _LARGEST)
    kinds = [kind for kind in _KINDS if body.get(kind) not in (None, False)]
    if len(kinds) != 1:
        raise InvalidInputError(f"give the result as one of {', '.join(map(repr, _KINDS))}")
    if kinds == ["abandon"]:
        if body["abandon"] is not True:
            raise InvalidInputError("'abandon' must be true")
        return trial_document(study.abandon(number))
    if kinds == ["failed"]:
        retry = body.get("retry", False)
        if not isinstance(retry, bool):
            raise InvalidInputError("'retry' must be true or false")
        result: Any = Failure(text_of(body, "failed") or "failed", transient=retry)
    else:
        result = body["values"]
    return trial_document(study.tell(number, result, cost=_cost(body)))


def ask(study: Study, body: Mapping[str, Any]) -> dict[str, Any]:
    """The next trials to evaluate, stored before they are shown.

    Args:
        study: the study.
        body: `n`, how many; `fixed`, the values that some parameters must have.

    Raises:
        InvalidInputError: bad numbers or values, or a finite space with nothing left.
        NotSupportedError: goals that the strategy does not decide on.
    """
    fixed = body.get("fixed") or {}
    if not isinstance(fixed, Mapping):
        raise InvalidInputError("'fixed' must map parameters to values")
    trials = study.ask(whole_of(body, "n", 1, MOST_ASKED, 1), fixed=dict(fixed))
    return {"trials": [ask_document(trial) for trial in trials]}


def _cost(body: Mapping[str, Any]) -> Any:
    cost = body.get("cost")
    if cost is not None and (isinstance(cost, bool) or not isinstance(cost, (int, float))):
        raise InvalidInputError("'cost' must be a number")
    return cost
