"""The hyperparameters of an estimator as a Space, whatever their choices are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augury.integrations.labels import Labels
from augury.space.categorical import Categorical
from augury.space.space import Space


class Hyperparameters:
    """A Space, and how its params become those of an estimator.

    Args:
        space: a `Space`, or a mapping from names to parameters, short forms or lists of any objects.

    Raises:
        InvalidInputError: what `Space` refuses.
    """

    def __init__(self, space: Any) -> None:
        self._labels = Labels({})
        if isinstance(space, Mapping):
            choices = {name: given for name, given in space.items() if isinstance(given, list)}
            self._labels = Labels(choices)
            space = {
                name: Categorical(self._labels.of(name)) if name in self._labels else given
                for name, given in space.items()
            }
        self.space = Space.of(space)

    def values(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Params of a trial as the estimator takes them."""
        return self._labels.values(params)
