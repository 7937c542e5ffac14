"""The user's function, how it wants its parameters, and one evaluation of it."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from augury.errors import InvalidInputError
from augury.study.command import Command
from augury.study.result import Failure, as_number

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Objective:
    """A function together with the way to call it.

    A function whose only required argument is not named like a parameter gets all parameters as one dict;
    a function whose arguments are named like the parameters gets them by name.

    Args:
        function: any callable, or a `Command`.
        names: the parameters of the space.

    Raises:
        InvalidInputError: not callable, or its arguments fit neither way.
    """

    def __init__(self, function: Callable[..., Any], names: Collection[str]) -> None:
        if not callable(function):
            raise InvalidInputError(f"the function to evaluate is {function!r}, which cannot be called")
        self.function = function
        self.by_name = not isinstance(function, Command) and _wants_names(function, names)

    @property
    def uses_directory(self) -> bool:
        """Whether it works in the trial's own directory."""
        return isinstance(self.function, Command)

    def evaluate(self, params: Mapping[str, Any], directory: Path | None) -> Any:
        """One evaluation, which never raises an error of the function's.

        Returns:
            What the function returned, in plain Python types; a `Failure` when it raised an exception.
        """
        try:
            return plain(self._call(dict(params), directory))
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {error}".rstrip(": ")
            return Failure(reason, traceback=traceback.format_exc())

    def _call(self, params: dict[str, Any], directory: Path | None) -> Any:
        if isinstance(self.function, Command):
            return self.function(params, directory)
        return self.function(**params) if self.by_name else self.function(params)


def plain(result: Any) -> Any:
    """A result in plain Python types, which any process can read; what is no result becomes its text."""
    if result is None or isinstance(result, (Failure, str)):
        return result
    if isinstance(result, Mapping):
        return {str(name): plain(value) for name, value in result.items()}
    if getattr(result, "ndim", 0) and hasattr(result, "tolist"):
        result = result.tolist()
    if isinstance(result, (list, tuple)):
        return [plain(value) for value in result]
    number = as_number(result)
    return repr(result) if number is None else number


def _wants_names(function: Callable[..., Any], names: Collection[str]) -> bool:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions have none
        return False
    arguments = signature.parameters.values()
    required = [one.name for one in arguments if one.kind in _POSITIONAL and one.default is one.empty]
    if len(required) == 1 and required[0] not in names and _accepts(signature, 1):
        return False
    if _accepts(signature, 0, names):
        return True
    if _accepts(signature, 1):
        return False
    raise InvalidInputError(
        f"the function's arguments are {signature}; it must take either one dict of all parameters, "
        f"or the parameters by name ({', '.join(names)})"
    )


def _accepts(signature: inspect.Signature, positional: int, names: Collection[str] = ()) -> bool:
    try:
        signature.bind(*[None] * positional, **dict.fromkeys(names))
    except TypeError:
        return False
    return True
