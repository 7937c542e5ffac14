"""What a callable can be called with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Any


def signature_of(function: Callable[..., Any]) -> inspect.Signature | None:
    """Its signature; None where it does not say."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions have none
        return None


def accepts(signature: inspect.Signature, positional: int, names: Collection[str] = ()) -> bool:
    """Whether a call with so many positional arguments, and those by name, fits."""
    try:
        signature.bind(*[None] * positional, **dict.fromkeys(names))
    except TypeError:
        return False
    return True


def takes(function: Any, count: int) -> bool:
    """Whether a callable can be called with so many arguments; true where it does not say."""
    signature = signature_of(function)
    return signature is None or accepts(signature, count)
