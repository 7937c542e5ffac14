"""Objects that arguments may be: augury's own parts, BoTorch's transforms, torch's distributions.

A part is written as where its class stands and what it was made of. Reading makes objects of augury's own
classes, of `torch.distributions` and of the transforms listed here, and of nothing else.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

import torch
from botorch.models.transforms.input import Normalize
from botorch.models.transforms.outcome import Log, Standardize
from torch.distributions import Distribution

from augury.errors import InvalidInputError
from augury.models.persistence import networks

#: "part": an object by its class and arguments; "function": a function of augury's, by its name; "network": a
#: module by its class, arguments and weights.
KINDS = ("part", "function", "network")

_Arguments = dict[str, Any]
#: BoTorch's transforms, and what each is made of again.
_TRANSFORMS: dict[type, Callable[[Any], _Arguments]] = {
    Normalize: lambda one: {
        "d": one._d,
        "bounds": one.bounds,
        "indices": one.indices.tolist() if hasattr(one, "indices") else None,
        "center": one.center,
        "reverse": one.reverse,
    },
    Standardize: lambda one: {
        "m": one._m,
        "outputs": one._outputs,
        "min_stdv": one._min_stdv,
    },
    Log: lambda one: {"outputs": one._outputs},
}
_TRANSFORM_PATHS = {f"botorch:{kind.__name__}": kind for kind in _TRANSFORMS}


def describe(value: Any) -> tuple[str, str, _Arguments] | None:
    """Kind, path and arguments of a part; None for an object that is none."""
    kind = type(value)
    if kind in _TRANSFORMS:
        return "part", f"botorch:{kind.__name__}", _TRANSFORMS[kind](value)
    if inspect.isfunction(value):
        path = _path(value)
        return ("function", path, {}) if _is_ours(path) and _found(path) is value else None
    if isinstance(value, Distribution):
        path = f"torch.distributions:{kind.__name__}"
        if getattr(torch.distributions, kind.__name__, None) is not kind:
            path = _path(kind)
        return (
            ("part", path, {name: getattr(value, name) for name in kind.arg_constraints})
            if path.startswith("torch.distributions:") or _is_ours(path)
            else None
        )
    path = _path(kind)
    ours = _is_ours(path) and _found(path) is kind
    if isinstance(value, torch.nn.Module) and (ours or kind in networks.CONTAINERS):
        content = networks.describe(value)
        if content is not None:
            return "network", path if ours else networks.CONTAINERS[kind], content
    if not ours:
        return None
    names = (
        [field.name for field in dataclasses.fields(value) if field.init]
        if dataclasses.is_dataclass(value)
        else list(inspect.signature(kind).parameters)
    )
    arguments = {name: getattr(value, name) for name in names if hasattr(value, name)}
    return ("part", path, arguments) if len(arguments) == len(names) else None


def made(kind: str, path: str, arguments: _Arguments) -> Any:
    """The object that `describe` described.

    Raises:
        InvalidInputError: a class or function that no file of augury names.
    """
    if path in _TRANSFORM_PATHS:
        return _TRANSFORM_PATHS[path](**arguments)
    if path.startswith("torch.distributions:"):
        found = getattr(torch.distributions, path.removeprefix("torch.distributions:"), None)
        if isinstance(found, type) and issubclass(found, Distribution):
            return found(**arguments)
    elif _is_ours(path):
        part = _found(path)
        if kind == "function" and inspect.isfunction(part):
            return part
        if kind == "part" and isinstance(part, type):
            return part(**arguments)
        if kind == "network" and isinstance(part, type) and issubclass(part, torch.nn.Module):
            return networks.made(part, arguments)
    elif kind == "network" and path in networks.CONTAINERS.values():
        return networks.made(getattr(torch.nn, path.removeprefix("torch.nn:")), arguments)
    raise InvalidInputError(f"{path!r} is not known to this augury")


def class_at(path: str) -> type | None:
    """The class of augury's that stands at a path, or None."""
    found = _found(path) if _is_ours(path) else None
    return found if isinstance(found, type) else None


def _path(thing: Any) -> str:
    return f"{thing.__module__}:{thing.__qualname__}"


def _is_ours(path: str) -> bool:
    return path.startswith("augury.")


def _found(path: str) -> Any:
    """What stands at a path in augury; None where nothing does, or it was only imported there."""
    module, _, name = path.partition(":")
    try:
        found = getattr(import_module(module), name, None)
    except ImportError:
        return None
    return found if getattr(found, "__module__", None) == module else None
