"""What a job evaluates, as JSON: an importable function, or a command. Nothing is pickled."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import ModuleType, NoneType
from typing import Any

from augury.errors import InvalidInputError
from augury.study.command import Command
from augury.study.listener import TransientRule
from augury.study.run_settings import import_function


def target_document(function: Callable[..., Any]) -> dict[str, Any]:
    """A function or command as a job finds it again.

    Raises:
        InvalidInputError: a function that cannot be imported by its name.
    """
    if isinstance(function, Command):
        rule = function.transient
        return {
            "command": function.arguments,
            "timeout": function.timeout,
            "exit_codes": list(rule.exit_codes),
            "words": list(rule.words),
        }
    name, module = getattr(function, "__qualname__", ""), inspect.getmodule(function)
    file = getattr(module, "__file__", None)
    is_there = module is not None and module.__name__ != "__main__" and _attribute(module, name) is function
    if module is None or file is None or not is_there:
        raise InvalidInputError(
            f"jobs import the function they evaluate, and {function!r} cannot be imported: "
            "define it at the top of a module of its own, or give a command"
        )
    return {"function": f"{module.__name__}:{name}", "folder": str(_root(module.__name__, Path(file)))}


def _attribute(module: ModuleType, name: str) -> Any:
    """What a dotted name stands for in a module; None where there is nothing of that name."""
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _root(module: str, file: Path) -> Path:
    """The folder from which a module is imported by its full name."""
    depth = module.count(".") + (file.stem == "__init__")
    return file.resolve().parents[depth]


def is_target(document: Mapping[str, Any]) -> bool:
    """Whether a document is one of `target_document`."""
    kinds: dict[str, Any] = {"function": str, "folder": str}
    if "command" in document:
        kinds = {"command": list, "timeout": (int, float, NoneType), "exit_codes": list, "words": list}
    return all(isinstance(document.get(key, ...), kind) for key, kind in kinds.items())


def read_target(document: Mapping[str, Any], names: Collection[str]) -> Callable[..., Any]:
    """The function or command of a document.

    Raises:
        InvalidInputError: it cannot be found here.
    """
    if "command" in document:
        rule = TransientRule(tuple(document["exit_codes"]), tuple(document["words"]))
        return Command(document["command"], names, document["timeout"], rule)
    folder = Path(document["folder"])
    if str(folder) in sys.path:  # as where it was found, so that nothing hides it
        sys.path.remove(str(folder))
    return import_function(document["function"], folder)
