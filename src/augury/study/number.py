"""What counts as one number where people and programs tell values."""

from __future__ import annotations

from typing import Any


def as_number(given: Any) -> float | None:
    """`given` as a float when it is one number (also a NumPy or torch scalar), else None."""
    if given is None or isinstance(given, (str, bytes)):
        return None
    try:
        return float(given)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return None
