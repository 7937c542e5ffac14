"""How often, and after how long, a trial is tried again that failed for a passing reason."""

from __future__ import annotations

import math
from dataclasses import dataclass

from augury.errors import InvalidInputError

_LONGEST_WAIT = 3600.0


@dataclass(frozen=True)
class RetryPolicy:
    """Up to `retries` further attempts, each after twice the wait of the one before (an hour at most).

    Args:
        retries: how often a trial is tried again; with the first attempt it is tried `retries + 1` times.
        backoff: seconds before the first retry; 0 tries again at once.

    Raises:
        InvalidInputError: a negative or fractional number of retries, a negative or infinite wait.
    """

    retries: int = 2
    backoff: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or self.retries < 0:
            raise InvalidInputError(f"retries is {self.retries!r}; it must be a whole number, 0 or more")
        is_number = isinstance(self.backoff, (int, float)) and not isinstance(self.backoff, bool)
        if not is_number or not math.isfinite(self.backoff) or self.backoff < 0:
            raise InvalidInputError(f"backoff is {self.backoff!r}; it must be a number of seconds, 0 or more")

    def allows(self, attempts: int) -> bool:
        """Whether a trial that failed `attempts` times is tried again."""
        return attempts <= self.retries

    def wait(self, attempts: int) -> float:
        """Seconds before the next attempt, after `attempts` that failed."""
        return min(self.backoff * 2.0 ** min(attempts - 1, 60), _LONGEST_WAIT)
