"""The parts of a study's decisions: its strategy, and the model and the acquisition handed to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.space import Space
    from augury.strategies.base import Strategy


class Parts:
    """What the user chose; made into a strategy when first needed, for that may load heavy libraries.

    Args:
        strategy: a name, a Strategy class or a Strategy object.
        model: the surrogate; "auto" leaves it to the strategy.
        acquisition: what a point is worth; "auto" leaves it to the strategy.
        space: the study's, by which "auto" chooses the strategy.
        goals: likewise.
    """

    def __init__(
        self,
        strategy: str | type[Strategy] | Strategy,
        model: Any,
        acquisition: Any,
        space: Space | None = None,
        goals: Goals | None = None,
    ) -> None:
        self._given = {"strategy": strategy, "model": model, "acquisition": acquisition}
        self._space, self._goals = space, goals

    @classmethod
    def restored(
        cls,
        settings: Mapping[str, Any],
        space: Space | None = None,
        goals: Goals | None = None,
        **given: Any,
    ) -> Parts:
        """Those of a stored study, "auto" for objects, which no store keeps; what is given goes first."""
        parts = {name: settings.get(name) or "auto" if part is None else part for name, part in given.items()}
        return cls(**parts, space=space, goals=goals)

    @property
    def settings(self) -> dict[str, str | None]:
        """What the store keeps: names, and None for objects."""
        return {name: part if isinstance(part, str) else None for name, part in self._given.items()}

    @cached_property
    def strategy(self) -> Strategy:
        """The strategy that they make."""
        from augury.strategies.registry import build_strategy

        return build_strategy(**self._given, space=self._space, goals=self._goals)

    @property
    def model(self) -> Any:
        """The surrogate: the one given, or that of the strategy object."""
        return getattr(self._given["strategy"], "model", self._given["model"])

    def check(self) -> None:
        """Refuses bad parts before anything is stored.

        A strategy's name alone is only looked up: building it loads torch, which `tell` can do without.

        Raises:
            InvalidInputError: no such strategy, or a model or an acquisition that it does not take.
        """
        from augury.strategies.registry import STRATEGIES

        name = self._given["strategy"]
        is_plain = isinstance(name, str) and self._given["model"] == self._given["acquisition"] == "auto"
        if not (is_plain and name in STRATEGIES):
            _ = self.strategy
