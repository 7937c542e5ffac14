"""An external program as the function to optimise."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from augury.errors import InvalidInputError
from augury.study.result import Failure

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_MEANT_AS_ONE = re.compile(
    r"[\w.!:<>^-]*"
)  # braces around anything else ({"a": 1}, {print $1}) are left alone
_SHOWN = 500  # characters of a program's standard error that are kept as the reason of a failure

_running: set[subprocess.Popen[str]] = set()


class Command:
    """Runs a program once per trial, in the trial's own directory, without a shell.

    The result is the last line of its standard output that is not empty: a number, a JSON list, or a JSON
    object {outcome: value}. An exit code other than 0 is a failed trial.

    Args:
        arguments: the program and its arguments; `{name}` stands for the value of a parameter.
        names: the parameters.
        timeout: seconds after which the program, with all that it started, is killed and the trial fails.

    Raises:
        InvalidInputError: no such program, or a placeholder that is not a parameter.
    """

    def __init__(
        self, arguments: Sequence[str], names: Collection[str], timeout: float | None = None
    ) -> None:
        self.arguments = list(arguments)
        self.timeout = timeout
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
        copy = object.__new__(Command)
        copy.arguments, copy.timeout = self.arguments, timeout
        return copy

    def __call__(self, params: Mapping[str, Any], directory: Path | None = None) -> Any:
        """Runs the program for one trial.

        Returns:
            What the program printed (see the class), or a `Failure`.
        """
        arguments = [_filled(argument, params) for argument in self.arguments]
        with _started(arguments, directory) as process:
            try:
                output, errors = process.communicate(timeout=self.timeout)
            except subprocess.TimeoutExpired:
                return Failure(f"timed out after {self.timeout:g} s")
        if process.returncode != 0:
            return Failure(f"exit code {process.returncode}: {errors.strip()[-_SHOWN:] or 'no message'}")
        return _result(output)


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
            _kill(process)
            process.communicate()
        _running.discard(process)


def kill_running() -> None:
    """Kills the programs that this process runs, with all that they started."""
    for process in list(_running):
        _kill(process)


def _kill(process: subprocess.Popen[str]) -> None:
    if os.name == "nt":
        tool = shutil.which("taskkill") or "taskkill"
        subprocess.run([tool, "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S603
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _filled(argument: str, params: Mapping[str, Any]) -> str:
    return _PLACEHOLDER.sub(lambda match: str(params.get(match.group(1), match.group(0))), argument)


def _result(output: str) -> Any:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if not lines:
        return Failure("the program printed nothing; its last line must be the result")
    try:
        return json.loads(lines[-1])
    except ValueError:
        pass
    try:
        return float(lines[-1])  # also forms that JSON has not: 1., .5, inf
    except ValueError:
        return Failure(f"the program's last line is no number and no JSON: {lines[-1][:_SHOWN]!r}")
