"""An external program as the function to optimise."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any

from augury.errors import InvalidInputError, NotSupportedError
from augury.study.listener import Listener, TransientRule, kill_tree
from augury.study.result import Failure
from augury.study.signals import Pruned
from augury.study.trial import Trial
from augury.study.wrong_result import WrongResultError

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_MEANT_AS_ONE = re.compile(
    r"[\w.!:<>^-]*"
)  # braces around anything else ({"a": 1}, {print $1}) are left alone
_SHOWN = 500  # characters of a program's standard error that are kept as the reason of a failure

_running: set[subprocess.Popen[str]] = set()


class Command:
    """Runs a program once per trial, in the trial's own directory, without a shell.

    The result is the last line of its standard output that is not empty: a number, a JSON list, or a JSON
    object {outcome: value}. An exit code other than 0 is a failed trial. A line `{"step": 3, "value": 0.5}`
    before is a report (`Trial.report`), at which the program is killed when the study's pruner says so.

    Args:
        arguments: the program and its arguments; `{name}` stands for the value of a parameter, for nothing
            where it is inactive.
        names: the parameters.
        timeout: seconds after which the program, with all that it started, is killed and the trial fails.
        transient: which failures are not the point's fault.

    Raises:
        InvalidInputError: no such program, or a placeholder that is not a parameter.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        names: Collection[str],
        timeout: float | None = None,
        transient: TransientRule | None = None,
    ) -> None:
        self.arguments = list(arguments)
        self.timeout = timeout
        self.transient = transient or TransientRule()
        self.names = frozenset(names)
        self._check(names)

    def _check(self, names: Collection[str]) -> None:
        if not self.arguments or not all(isinstance(one, str) for one in self.arguments):
            raise InvalidInputError('a command is a list of texts, such as ["python", "simulate.py", "{x}"]')
        for argument in self.arguments:
            for name in _PLACEHOLDER.findall(argument):
                if name not in names and _MEANT_AS_ONE.fullmatch(name):
                    known = ", ".join("{" + one + "}" for one in names)
                    raise InvalidInputError(
                        f"the command's {argument!r} has {{{name}}}, which is no parameter; there are {known}"
                    )
        program = self.arguments[0]
        if not _PLACEHOLDER.search(program) and shutil.which(program) is None:
            raise InvalidInputError(f"there is no program {program!r} to run; install it or give its path")

    def limited(self, timeout: float | None) -> Command:
        """The same command with another time limit, if one is given."""
        if timeout is None:
            return self
        limited = copy(self)
        limited.timeout = timeout
        return limited

    def __call__(
        self, params: Mapping[str, Any], directory: Path | None = None, trial: Trial | None = None
    ) -> Any:
        """Runs the program for one trial.

        Args:
            params: the trial's parameters.
            directory: where it runs.
            trial: takes the reports; without it, or where it has no reporter, they are passed over.

        Returns:
            What the program printed (see the class), a `Failure`, or `Pruned`.
        """
        arguments = [_filled(argument, params, self.names) for argument in self.arguments]
        reporting = trial if trial is not None and trial.reporter is not None else None
        with _started(arguments, directory) as process, Listener(process, self.transient) as listener:
            watch = threading.Timer(self.timeout or 0.0, listener.stop)
            try:
                if self.timeout is not None:
                    watch.start()
                for step, value in listener.reports():
                    if reporting is not None and _stops(reporting, step, value):
                        return Pruned(f"at step {step}")
                code = process.wait()
            finally:
                watch.cancel()
            listener.join()
        if listener.is_stopped:
            return Failure(f"timed out after {self.timeout:g} s")
        if code != 0:
            reason = f"exit code {code}: {listener.errors.strip()[-_SHOWN:] or 'no message'}"
            return Failure(reason, transient=listener.has_word or code in self.transient.exit_codes)
        result = _result(listener.last_line)
        if isinstance(result, Failure) and listener.has_word:
            return Failure(result.reason, transient=True)
        return result


def wrong_output(outcomes: Sequence[str], told: Any, error: InvalidInputError) -> InvalidInputError:
    """What is wrong with the result that a program printed, to those who wrote the program.

    Args:
        outcomes: names of the study's outcomes.
        told: what the program printed, as `Command` returns it.
        error: what `parse_result` said about it.
    """
    reason = error.reason if isinstance(error, WrongResultError) else str(error)
    number = "a number or " if len(outcomes) == 1 else ""
    return InvalidInputError(
        f"the program printed {json.dumps(told)[:_SHOWN]} ({reason}); its last line must be {number}a JSON "
        f"object of numbers such as {json.dumps(dict.fromkeys(outcomes, 1.5))}, and its exit code another "
        "than 0 where there is no result"
    )


def _stops(trial: Trial, step: int, value: float) -> bool:
    """Hands a report of a program on, and asks whether that is the end of it."""
    try:
        trial.report(step, value)
        return trial.should_prune()
    except NotSupportedError:  # with several objectives such a line is one like any other
        return False


@contextlib.contextmanager
def _started(arguments: list[str], directory: Path | None) -> Any:
    process = subprocess.Popen(  # noqa: S603 - the user's own program, as a list of arguments
        arguments,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,  # a group of its own, so that all it starts can be killed with it
    )
    _running.add(process)
    try:
        yield process
    finally:
        if process.poll() is None:
            kill_tree(process)
            process.wait()
        _running.discard(process)


def kill_running() -> None:
    """Kills the programs that this process runs, with all that they started."""
    for process in list(_running):
        kill_tree(process)


def _filled(argument: str, params: Mapping[str, Any], names: Collection[str]) -> str:
    def value(match: re.Match[str]) -> str:
        found = params.get(match.group(1), "" if match.group(1) in names else match.group(0))
        return json.dumps(found.tolist()) if hasattr(found, "tolist") else str(found)

    return _PLACEHOLDER.sub(value, argument)


def _result(line: str) -> Any:
    if not line:
        return Failure("the program printed no result; its last line must be the result")
    try:
        return json.loads(line)
    except ValueError:
        pass
    try:
        return float(line)  # also forms that JSON has not: 1., .5, inf
    except ValueError:
        return Failure(f"the program's last line is no number and no JSON: {line[:_SHOWN]!r}")
