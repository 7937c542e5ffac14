"""The user's function, how it wants its parameters, and one evaluation of it."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from augury.errors import InvalidInputError
from augury.signature import accepts, signature_of
from augury.study.command import Command
from augury.study.number import as_number
from augury.study.result import Failure
from augury.study.signals import Pruned, TransientFailure
from augury.study.trial import Trial

# An argument of this name gets the trial itself, which can report and be pruned.
TRIAL = "trial"

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Objective:
    """A function together with the way to call it.

    A function whose only required argument is not named like a parameter gets all parameters as one dict;
    a function whose arguments are named like the parameters gets them by name. An argument called `trial`,
    beside them or alone, gets the `Trial`, unless a parameter has that name.

    Args:
        function: any callable, or a `Command`.
        names: the parameters of the space.
        conditional: those that some points do not have.

    Raises:
        InvalidInputError: not callable, its arguments fit neither way, or it takes parameters by name and
            cannot do without conditional ones.
    """

    def __init__(
        self, function: Callable[..., Any], names: Collection[str], conditional: Collection[str] = ()
    ) -> None:
        if not callable(function):
            raise InvalidInputError(f"the function to evaluate is {function!r}, which cannot be called")
        self.function = function
        is_command = isinstance(function, Command)
        self.with_trial = not is_command and TRIAL not in names and _takes_trial(function)
        self.only_trial = self.with_trial and _takes(function, [TRIAL])
        self.by_name = not is_command and not self.only_trial and self._wants_names(names)
        if self.by_name:
            self._check_conditional(names, conditional)

    def evaluate(self, trial: Trial) -> Any:
        """One evaluation, which never raises an error of the function's.

        Returns:
            What the function returned, in plain Python types; `Pruned` when it raised that; a `Failure` when
            it raised another exception.
        """
        try:
            return plain(self._call(trial))
        except Pruned as pruned:
            return pruned.with_traceback(None)
        except TransientFailure as failure:
            return Failure(failure.reason, transient=True, traceback=traceback.format_exc())
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {error}".rstrip(": ")
            return Failure(reason, traceback=traceback.format_exc())

    def _call(self, trial: Trial) -> Any:
        if isinstance(self.function, Command):
            return self.function(trial.params, trial.directory, trial)
        params = dict(trial.params)
        extra = {TRIAL: replace(trial, params=params)} if self.with_trial else {}
        if self.only_trial:
            return self.function(**extra)
        return self.function(**params, **extra) if self.by_name else self.function(params, **extra)

    def _check_conditional(self, names: Collection[str], conditional: Collection[str]) -> None:
        signature = signature_of(self.function)
        assert signature is not None  # it names parameters
        extra = [TRIAL] if self.with_trial else []
        for name in conditional:
            rest = [other for other in names if other != name]
            if not accepts(signature, 0, [*rest, *extra]):
                raise InvalidInputError(
                    f"the function needs the argument {name!r}, which points have only for some choices "
                    f"(active_if); give it a default, as in {name}=None, or take one dict of all parameters"
                )

    def _wants_names(self, names: Collection[str]) -> bool:
        known = [TRIAL] if self.with_trial else []
        return _wants_names(self.function, names, known)


def plain(result: Any) -> Any:
    """A result in plain Python types, which any process can read; what is no result becomes its text."""
    if isinstance(result, TransientFailure):
        return Failure(result.reason, transient=True)
    if result is None or isinstance(result, (Failure, Pruned, str)):
        return result
    if isinstance(result, Mapping):
        return {str(name): plain(value) for name, value in result.items()}
    if getattr(result, "ndim", 0) and hasattr(result, "tolist"):
        result = result.tolist()
    if isinstance(result, (list, tuple)):
        return [plain(value) for value in result]
    number = as_number(result)
    if number is None and isinstance(result, int):
        return result  # too large for a float: a number all the same
    return repr(result) if number is None else number


def _takes_trial(function: Callable[..., Any]) -> bool:
    signature = signature_of(function)
    argument = None if signature is None else signature.parameters.get(TRIAL)
    return argument is not None and argument.kind in _BY_NAME


def _takes(function: Callable[..., Any], names: Collection[str]) -> bool:
    """Whether these are all the arguments that the function needs, and no others can hold the parameters."""
    signature = signature_of(function)
    return signature is not None and list(signature.parameters) == list(names)


def _wants_names(function: Callable[..., Any], names: Collection[str], known: Collection[str]) -> bool:
    signature = signature_of(function)
    if signature is None:
        return False
    arguments = [one for one in signature.parameters.values() if one.name not in known]
    required = [one.name for one in arguments if one.kind in _POSITIONAL and one.default is one.empty]
    if len(required) == 1 and required[0] not in names and accepts(signature, 1, known):
        return False
    if accepts(signature, 0, [*names, *known]):
        return True
    if accepts(signature, 1, known):
        return False
    raise InvalidInputError(
        f"the function's arguments are {signature}; it must take either one dict of all parameters, "
        f"or the parameters by name ({', '.join(names)}), and may take the trial as `{TRIAL}`"
    )
