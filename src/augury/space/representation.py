"""Representation: a Space in words, a line for each parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from augury.space.candidates import Candidates
    from augury.space.space import Space


def space_text(space: Space, candidates: Candidates | None) -> str:
    """What `repr` of a space shows: its parameters, rules and held columns."""
    head = f"Space: {space.size} candidates" if candidates is not None else "Space:"
    lines = [f"  {name}: {parameter!r}" for name, parameter in space.arrays.grouped(space.parameters).items()]
    if candidates is not None:
        described = candidates.table.described
        lines += [f"  {name}: {p!r} (descriptor)" for name, p in described.items()]
    lines += [f"  {text}" for text in space.constraints]
    lines += [f"  held: {name} = {value!r}" for name, value in space.decode_fixed().items()]
    return "\n".join([head, *lines])
