"""The errors of what was told as a result and is none."""

from __future__ import annotations

from augury.errors import InvalidInputError


class WrongResultError(InvalidInputError):
    """What was told is no result.

    Args:
        reason: what is wrong with it.
        advice: what to tell instead, to those who tell it in Python.
    """

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(f"{reason}; {advice}")
        self.reason = reason


class NothingMeasuredError(WrongResultError):
    """A result in which no outcome has a value.

    Args:
        advice: see `WrongResultError`.
    """

    def __init__(self, advice: str) -> None:
        super().__init__("no outcome was measured", advice)


class NonFiniteResultError(WrongResultError):
    """A result that is NaN or infinite; a run records it as a failed trial.

    Args:
        reason: which value, and what it is.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            reason,
            "it must be finite. Tell a trial without a usable result as failed: augury.Failure(reason)",
        )
