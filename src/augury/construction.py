"""What a model or a network was constructed with, remembered so that it can be constructed again."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec

import torch
from torch import Tensor

_NAME = "_construction"
_P = ParamSpec("_P")


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
        signature = inspect.signature(constructor)
        bound = dict(signature.bind(*self.positional, **self.named).arguments)
        for name, parameter in signature.parameters.items():
            if parameter.kind is parameter.VAR_KEYWORD:
                bound.update(bound.pop(name, {}))
        return bound


def remembers_construction(init: Callable[_P, None]) -> Callable[_P, None]:
    """An `__init__` that also keeps what it is given; of nested ones, the outermost does."""

    @functools.wraps(init)
    def remembering(*given: _P.args, **named: _P.kwargs) -> None:
        self: Any = given[0]
        positional = given[1:]
        if _NAME not in self.__dict__:
            kept = tuple(map(_kept, positional)), {name: _kept(value) for name, value in named.items()}
            self.__dict__[_NAME] = Construction(*kept)
        init(*given, **named)

    remembering.__signature__ = inspect.signature(init)  # type: ignore[attr-defined]  # Ax looks no deeper
    return remembering


def construction_of(made: Any) -> dict[str, Any] | None:
    """The arguments that a model or network was constructed with; None where it does not remember them."""
    construction: Construction | None = made.__dict__.get(_NAME)
    return None if construction is None else construction.arguments(type(made))


def _kept(value: Any) -> Any:
    """The value, out of reach of later changes to the caller's tensors."""
    if type(value) is Tensor or type(value) is torch.nn.Parameter:
        return value.detach().clone()
    if isinstance(value, Mapping):
        return {key: _kept(one) for key, one in value.items()}
    return value
