"""Listening to a program while it runs: its reports, its last line, and signs of a passing failure."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from augury.errors import InvalidInputError

_KEPT = 4096  # characters of a program's standard error that are remembered
_GRACE = 5.0  # seconds for the rest of the standard error after the program's end
_REPORT = {"step", "value"}


@dataclass(frozen=True)
class TransientRule:
    """Which failures of a program say nothing about the point, so that it is tried again.

    Args:
        exit_codes: codes that mean it (75 is the usual "temporary failure").
        words: texts that mean it wherever a failed program printed them; case does not matter.

    Raises:
        InvalidInputError: codes that are not whole numbers other than 0, or words that are empty.
    """

    exit_codes: tuple[int, ...] = ()
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for code in self.exit_codes:
            if isinstance(code, bool) or not isinstance(code, int) or code == 0:
                raise InvalidInputError(f"the exit code {code!r} of a failure must be a whole number, not 0")
        for word in self.words:
            if not isinstance(word, str) or not word.strip():
                raise InvalidInputError(f"{word!r} is no word to know a transient failure by; give text")

    def is_in(self, line: str) -> bool:
        """Whether a line of output has one of the words."""
        folded = line.casefold()
        return any(word.casefold() in folded for word in self.words)


class Listener:
    """Reads what a program prints, line by line, and keeps no more than is needed.

    Args:
        process: the program, with pipes for its output.
        rule: the words to listen for.
    """

    def __init__(self, process: subprocess.Popen[str], rule: TransientRule) -> None:
        self._process = process
        self._rule = rule
        self._thread = threading.Thread(target=self._read_errors, daemon=True, name="augury-stderr")
        self.last_line = ""
        self.errors = ""
        self.has_word = False
        self.is_stopped = False

    def reports(self) -> Iterator[tuple[int, float]]:
        """The (step, value) of each report, as it comes; ends when the program closes its output."""
        assert self._process.stdout is not None
        for raw in self._process.stdout:
            line = raw.strip()
            if (report := read_report(line)) is not None:
                yield report
            elif line:
                self.last_line = line
                self.has_word = self.has_word or self._rule.is_in(line)

    def stop(self) -> None:
        """Kills the program, whose time is up."""
        if self._process.poll() is None:
            self.is_stopped = True
            kill_tree(self._process)

    def join(self) -> None:
        """Waits for the rest of the standard error."""
        self._thread.join(_GRACE)

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        with contextlib.suppress(ValueError):  # closed under our hands
            for line in self._process.stderr:
                self.errors = (self.errors + line)[-_KEPT:]
                self.has_word = self.has_word or self._rule.is_in(line)

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            kill_tree(self._process)
        self.join()
        is_read = not self._thread.is_alive()
        streams = [self._process.stdout, *([self._process.stderr] if is_read else [])]
        for stream in streams:
            if stream is not None:
                stream.close()


def read_report(line: str) -> tuple[int, float] | None:
    """The step and the value of a line such as `{"step": 3, "value": 0.5}`; None for every other line."""
    if not (line.startswith("{") and '"step"' in line):
        return None
    try:
        report: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(report, dict) or set(report) != _REPORT:
        return None
    step, value = report["step"], report["value"]
    is_step = isinstance(step, int) and not isinstance(step, bool) and 0 <= step < 2**63
    is_value = isinstance(value, (int, float)) and not isinstance(value, bool)
    return (step, float(value)) if is_step and is_value else None


def kill_tree(process: subprocess.Popen[str]) -> None:
    """Kills a program with all that it started; it must lead a process group of its own."""
    if os.name == "nt":
        tool = shutil.which("taskkill") or "taskkill"
        subprocess.run([tool, "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S603
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
