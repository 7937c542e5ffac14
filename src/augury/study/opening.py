"""Which study is meant: checking a new one's arguments, finding a stored one, and telling two apart."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from augury.errors import InvalidInputError
from augury.space.goals import Goals
from augury.space.space import Space
from augury.study.store import Store, StudyRecord
from augury.study.store.location import Location

_LONGEST_NAME = 255


def check_name(name: str) -> str:
    """`name` if it can name a study."""
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME or "\x00" in name:
        raise InvalidInputError(
            f"a study's name must be text of 1 to {_LONGEST_NAME} characters, not {name!r:.60}"
        )
    return name


def check_seed(seed: int | None) -> int | None:
    """`seed` if it can be a study's seed."""
    if seed is None:
        return None
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**63:
        raise InvalidInputError(f"the seed must be a whole number from 0 to 2**63 - 1, or None, not {seed!r}")
    return int(seed)


def check_names_differ(space: Space, goals: Goals) -> None:
    """Refuses an outcome with a parameter's name: tables of trials have one column for each."""
    both = [name for name in goals.outcomes if name in space.names or name in space.arrays]
    if both:
        raise InvalidInputError(f"{both[0]!r} is both a parameter and an outcome; rename one of them")


def check_cost(cost: Any) -> float | None:
    """`cost` as a number; none is negative, for budgets add costs up."""
    if cost is None:
        return None
    try:
        number = float(cost)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or number < 0.0:
        raise InvalidInputError(f"the cost is {cost!r}; it must be a finite number, 0 or more")
    return number


def check_same(record: StudyRecord, space: Space, goals: Goals, seed: int | None, store: Store) -> None:
    """Refuses to continue a stored study with another space, other goals or another seed."""
    difference = _space_difference(Space.from_dict(record.space), space)
    difference = difference or _goals_difference(Goals.from_dict(record.goals), goals)
    if not difference and seed not in (None, record.seed):
        difference = f"its seed is {record.seed}, not {seed}"
    if difference:
        raise InvalidInputError(
            f"{store.location} already has a study {record.name!r}, and {difference}; "
            "to start anew give another name or another store, to continue it leave its definition as it was"
        )


def open_existing(store: str | os.PathLike[str]) -> Store:
    """Opens a store that must be there already."""
    location = Location.of(store)
    if location.path is None and location.directory is None:
        raise InvalidInputError("a study in memory cannot be loaded; give the store's file name or URL")
    if location.path is not None and not location.path.exists():
        raise InvalidInputError(f"there is no store {location.path}; check the name")
    return Store(store)


def choose(store: Store, name: str | None) -> StudyRecord:
    """The study called `name`, or the only one."""
    names = store.names()
    if name is None and len(names) == 1:
        name = names[0]
    record = None if name is None else store.find(name)
    if record is not None:
        return record
    known = ", ".join(repr(one) for one in names) or "none"
    if name is None and names:
        raise InvalidInputError(f"{store.location} has several studies; name one of {known}")
    raise InvalidInputError(
        f"{store.location} has no study{'' if name is None else f' {name!r}'}; its studies: {known}"
    )


def _space_difference(stored: Space, given: Space) -> str | None:
    if stored == given:
        return None
    for name in [*stored.names, *given.names]:
        if name not in given.names:
            return f"it has the parameter {name!r}, which the given space has not"
        if name not in stored.names:
            return f"it lacks the given parameter {name!r}"
        there, here = stored.parameters[name], given.parameters[name]
        if repr(there) != repr(here):
            return f"its parameter {name!r} is {there!r:.80}, not {here!r:.80}"
    if list(stored.constraints) != list(given.constraints):
        return f"its constraints are {list(stored.constraints)}, not {list(given.constraints)}"
    return "its candidates or descriptors, or the order of its parameters, are others than those given"


def _goals_difference(stored: Goals, given: Goals) -> str | None:
    return None if stored == given else f"its goals are {stored}, not {given}"
