"""What a model was constructed with, remembered so that it can be constructed again."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_NAME = "_construction"


@dataclass(frozen=True)
class Construction:
    """The arguments of a constructor as they were given, with copies of the tensors.

    Args:
        positional: in their order.
        named: by name.
    """

    positional: tuple[Any, ...]
    named: dict[str, Any]

    def arguments(self, constructor: Callable[..., Any]) -> dict[str, Any]:
        """All of them by name; those left out are left out."""
        bound = inspect.signature(constructor).bind(*self.positional, **self.named)
        return dict(bound.arguments)


def remembers_construction(init: Callable[..., None]) -> Callable[..., None]:
    """An `__init__` that also keeps what it is given; of nested ones, the outermost does."""

    @functools.wraps(init)
    def remembering(self: Any, *positional: Any, **named: Any) -> None:
        if _NAME not in self.__dict__:
            kept = tuple(map(_kept, positional)), {name: _kept(value) for name, value in named.items()}
            self.__dict__[_NAME] = Construction(*kept)
        init(self, *positional, **named)

    remembering.__signature__ = inspect.signature(init)  # type: ignore[attr-defined]  # Ax looks no deeper
    return remembering


def construction_of(model: Any) -> dict[str, Any]:
    """The arguments a model was constructed with, by name."""
    construction: Construction = model.__dict__[_NAME]
    return construction.arguments(type(model))


def _kept(value: Any) -> Any:
    """The value, out of reach of later changes to the caller's tensors."""
    if type(value) is Tensor or type(value) is torch.nn.Parameter:
        return value.detach().clone()
    if isinstance(value, Mapping):
        return {key: _kept(one) for key, one in value.items()}
    return value
