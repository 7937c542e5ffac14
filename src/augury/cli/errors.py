"""What a command says when something is wrong: one line on stderr, for an error with exit code 2."""

from __future__ import annotations

import errno
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from augury.errors import AuguryError

USAGE_ERROR = 2
_PACKAGE = str(Path(__file__).parents[1])

UsageError: Any = typer.BadParameter.__base__
"""What typer raises for a wrong command line, wherever its version keeps that class."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn errors that the user can put right into one line and exit code 2; let every other one through.

    Warnings that augury gives (a surrogate's chains disagree, say) are one line each, too.
    """
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _one_line_warnings(warnings.showwarning)
            yield
    except UsageError as error:
        fail(f"{error.format_message()}{_where_to_look(error.ctx)}")
    except AuguryError as error:
        fail(str(error))
    except OSError as error:
        if error.errno == errno.EPIPE:  # the reader of our output has left (`augury show ... | head`)
            raise
        fail(_describe(error))


def fail(message: str) -> None:
    """Print `message` on one line of stderr and leave with exit code 2."""
    typer.echo(f"augury: {' '.join(message.split())}", err=True)
    raise typer.Exit(USAGE_ERROR) from None


def _one_line_warnings(show: Callable[..., None]) -> Callable[..., None]:
    said: set[str] = set()

    def one_line(message: Warning | str, category: type[Warning], filename: str, *where: Any) -> None:
        if not filename.startswith(_PACKAGE):
            show(message, category, filename, *where)
        elif str(message) not in said:
            said.add(str(message))
            typer.echo(f"augury: warning: {' '.join(str(message).split())}", err=True)

    return one_line


def _where_to_look(context: Any) -> str:
    return f" (see '{context.command_path} --help')" if context is not None else ""


def _describe(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason
