"""What the trials of a define-by-run study tell of its space: which parameters there are, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import FrozenTrial

from augury.errors import InvalidInputError
from augury.integrations.optuna.coding import Branches, parameter_of

#: A parameter decides from so many trials on; before, it is drawn at random.
_FEWEST = 5
#: Parents have so few values that each is met.
_MOST_VALUES = 64


class Structure:
    """The parameters that can be decided together.

    A parameter is among them if every trial asked for it, or if another one tells which trials do: in
    `if kind == "svm": suggest("C")` the trials with C are those of one kind. A space that has grown is known
    by its latest trials, as soon as there are enough of them; a range that has changed is the latest.

    Args:
        distributions: name -> the latest distribution.
        branches: which of them exist only for some values of another one.
    """

    def __init__(self, distributions: Mapping[str, BaseDistribution], branches: Branches) -> None:
        self.distributions = dict(distributions)
        self.branches = dict(branches)

    @classmethod
    def of(cls, trials: Sequence[FrozenTrial]) -> Structure:
        """That of complete trials, in the order of their numbers."""
        latest: dict[str, BaseDistribution] = {}
        first: dict[str, int] = {}
        for index, trial in enumerate(trials):
            for name, distribution in trial.distributions.items():
                first.setdefault(name, index)
                latest[name] = distribution
        usable = {name: one for name, one in latest.items() if not one.single() and _is_usable(one)}
        found = _explained(usable, trials)
        for start in sorted({first[name] for name in usable if name not in found}):
            recent = trials[start:]
            if start and len(recent) >= max(_FEWEST, len(usable) + 2):
                larger = _explained(usable, recent)
                if larger.keys() > found.keys():
                    found = larger
        branches = {name: branch for name, branch in found.items() if branch is not None}
        return cls({name: usable[name] for name in usable if name in found}, branches)


def _explained(
    usable: Mapping[str, BaseDistribution], trials: Sequence[FrozenTrial]
) -> dict[str, tuple[str, tuple[Any, ...]] | None]:
    """The parameters whose presence is understood: None for always, else the branch; parents first."""
    asked = {name: [name in trial.params for trial in trials] for name in usable}
    found: dict[str, tuple[str, tuple[Any, ...]] | None] = {
        name: None for name in usable if trials and all(asked[name])
    }
    waiting = [name for name in usable if name not in found and any(asked[name])]
    progress = True
    while progress:
        progress = False
        for name in list(waiting):
            for parent in found:
                values = _branch(name, parent, usable[parent], trials)
                if values is not None:
                    found[name] = (parent, values)
                    waiting.remove(name)
                    progress = True
                    break
    return found


def _branch(
    name: str, parent: str, distribution: BaseDistribution, trials: Sequence[FrozenTrial]
) -> tuple[Any, ...] | None:
    """The values of `parent` for which `name` is asked for, if they alone decide on it."""
    if isinstance(distribution, FloatDistribution) and distribution.step is None:
        return None
    present: dict[float, Any] = {}
    absent: set[float] = set()
    for trial in trials:
        if parent in trial.params:
            value = distribution.to_internal_repr(trial.params[parent])
            if name in trial.params:
                present[value] = trial.params[parent]
            else:
                absent.add(value)
        elif name in trial.params:
            return None
    if not present or present.keys() & absent or not absent or len(present) > _MOST_VALUES:
        return None
    if isinstance(distribution, CategoricalDistribution) or len(present) + len(absent) <= _MOST_VALUES:
        return tuple(present.values())
    return None


def _is_usable(distribution: BaseDistribution) -> bool:
    try:
        parameter_of(distribution, _placeholders(distribution))
    except InvalidInputError:
        return False
    return True


def _placeholders(distribution: BaseDistribution) -> list[int] | None:
    """Categories that any Space takes, for choices that may be objects."""
    if isinstance(distribution, CategoricalDistribution):
        return list(range(len(distribution.choices)))
    return None
