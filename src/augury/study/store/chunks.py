"""Long lists in pieces that a statement can hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# SQLite takes 32,766 parameters in a statement, older ones 999.
_CHUNK = 900


def chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    """`ids` in pieces of bearable length."""
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
