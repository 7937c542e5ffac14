"""The [run] table of a study file: what to evaluate, how often and how."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from augury.errors import InvalidInputError
from augury.study.command import Command
from augury.study.listener import TransientRule
from augury.study.pruning.registry import pruner_of
from augury.study.retry import RetryPolicy
from augury.study.toml_tables import check_keys, check_type

_KEYS = (
    "function",
    "command",
    "budget",
    "cost_budget",
    "workers",
    "timeout",
    "retries",
    "backoff",
    "transient",
    "pruner",
)


@dataclass(frozen=True)
class RunSettings:
    """The table.

    Args:
        function, command: what is evaluated, one of them.
        budget, cost_budget, workers, timeout: as `Study.run` takes them; None when the file gives none.
        policy: how a trial is tried again after a transient failure.
        transient: which failures of the command are transient.
        pruner: as `Study` takes it; of a command, "none" unless it was given.
    """

    function: str | None = None
    command: tuple[str, ...] | None = None
    budget: int | None = None
    cost_budget: float | None = None
    workers: int | None = None
    timeout: float | None = None
    policy: RetryPolicy = field(default_factory=lambda: RetryPolicy(backoff=1.0))
    transient: TransientRule = field(default_factory=TransientRule)
    pruner: Any = "auto"

    def program(self, folder: Path, names: Collection[str]) -> Command:
        """The command, whose arguments may name files beside the study file.

        Raises:
            InvalidInputError: no such program, or a placeholder that is no parameter.
        """
        arguments = [_beside(argument, folder) for argument in self.command or ()]
        return Command(arguments, names, transient=self.transient)


def read_run(table: dict[str, Any]) -> RunSettings:
    """Checks the table.

    Raises:
        InvalidInputError: an unknown key, or a value that it cannot hold.
    """
    check_keys("[run]", table, _KEYS)
    if "function" in table and "command" in table:
        raise InvalidInputError("[run] has both function and command; give one of them")
    check_type("[run]", table, "function", str, 'text such as "module:function"')
    check_type("[run]", table, "command", (str, list), "a list of texts, or one text")
    for key in ("budget", "workers"):
        check_type("[run]", table, key, int, "a whole number")
        if table.get(key, 1) < 1:
            raise InvalidInputError(f"[run] {key} is {table[key]}; it must be at least 1")
    check_type("[run]", table, "timeout", (int, float), "a number of seconds")
    check_type("[run]", table, "cost_budget", (int, float), "a number")
    if not table.get("cost_budget", 1) > 0:
        raise InvalidInputError(f"[run] cost_budget is {table['cost_budget']}; it must be above 0")
    kept = ("function", "budget", "cost_budget", "workers", "timeout")
    plain = {key: table[key] for key in kept if key in table}
    command = _command(table.get("command"))
    return RunSettings(
        command=command,
        policy=_policy(table),
        transient=_transient(table, is_command=command is not None),
        pruner=_pruner(table, is_command=command is not None),
        **plain,
    )


def _policy(table: dict[str, Any]) -> RetryPolicy:
    try:
        return RetryPolicy(table.get("retries", 2), table.get("backoff", 1.0))
    except InvalidInputError as error:
        raise InvalidInputError(f"[run] {error}") from None


def _transient(table: dict[str, Any], *, is_command: bool) -> TransientRule:
    given = table.get("transient", {})
    form = 'such as {exit_codes = [75], words = ["license"]}'
    if not isinstance(given, dict):
        raise InvalidInputError(f"[run] transient is {given!r}; it must be a table {form}")
    check_keys("[run] transient", given, ("exit_codes", "words"))
    if given and not is_command:
        raise InvalidInputError(
            "[run] transient is about a command; a function raises augury.TransientFailure(reason)"
        )
    for key in ("exit_codes", "words"):
        if not isinstance(given.get(key, []), list):
            raise InvalidInputError(f"[run] transient {key} is {given[key]!r}; it must be a list, {form}")
    try:
        return TransientRule(tuple(given.get("exit_codes", ())), tuple(given.get("words", ())))
    except InvalidInputError as error:
        raise InvalidInputError(f"[run] transient: {error}") from None


def _pruner(table: dict[str, Any], *, is_command: bool) -> Any:
    given = table.get("pruner", "none" if is_command else "auto")
    try:
        pruner_of(given)
    except InvalidInputError as error:
        raise InvalidInputError(f"[run] {error}") from None
    return given


def _command(given: str | list[Any] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    try:
        # Split as a shell would, but no shell ever sees it.
        arguments = shlex.split(given) if isinstance(given, str) else given
    except ValueError as error:
        raise InvalidInputError(f"[run] command cannot be split into arguments: {error}") from None
    if not arguments or not all(isinstance(one, str) for one in arguments):
        raise InvalidInputError('[run] command must be a list of texts, such as ["python", "simulate.py"]')
    return tuple(arguments)


def _beside(argument: str, folder: Path) -> str:
    """An argument that names a file beside the study file as an absolute path, as trials run elsewhere."""
    path = folder / argument
    is_file = argument and not Path(argument).is_absolute() and path.is_file()
    return str(path) if is_file else argument


def import_function(target: str, folder: Path, setting: str = "[run] function") -> Callable[..., Any]:
    """The function that "module:function" names, in a folder or among what is installed.

    Args:
        target: the name.
        folder: looked into first.
        setting: what gave the name, for messages.

    Raises:
        InvalidInputError: there is none, or it cannot be called.
    """
    module, _, attribute = target.partition(":")
    if not module or not attribute:
        raise InvalidInputError(f"{setting} is {target!r}; it must be module:function")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        function = import_module(module)
        for name in attribute.split("."):
            function = getattr(function, name)
    except Exception as error:
        raise InvalidInputError(
            f"{setting} {target!r} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    if not callable(function):
        raise InvalidInputError(f"{setting} {target!r} is {function!r}, which cannot be called")
    return function
