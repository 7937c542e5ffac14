"""`augury serve`: a study in the browser, or the page for a spreadsheet."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from augury.cli.options import is_study_file
from augury.errors import InvalidInputError

if TYPE_CHECKING:
    from augury.study.store import Store

_PORT = 8377


def serve(
    store: Annotated[
        str | None,
        typer.Argument(
            metavar="[STORE]",
            show_default=False,
            help="A store (study.db or a postgresql:// URL), or a study file (study.toml).",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Where to listen; 0 takes any that is free.")
    ] = _PORT,
    host: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Address to listen at; elsewhere than on this machine a token is asked for."
        ),
    ] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Another name by which browsers may call it. Repeatable."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Let the page tell results and ask for experiments.")
    ] = False,
    open_: Annotated[
        bool | None,
        typer.Option("--open/--no-open", show_default=False, help="Open the browser. [from a terminal]"),
    ] = None,
) -> None:
    """Show a study live in the browser, or the spreadsheet page.

    The page lists the studies of the store: progress, charts of the surrogate, trials, and with --write
    forms to tell results and to ask for experiments. Without STORE drop a table in and download the next
    experiments. Elsewhere than on this machine (--host) a token is asked for: that of the variable
    AUGURY_TOKEN, or a new one that is printed with the address. Ctrl-C ends it.
    """
    try:
        from augury.web import server
    except ModuleNotFoundError as error:
        raise InvalidInputError(
            f"the dashboard needs {error.name}, which is not installed: pip install 'augury[web]'"
        ) from None
    if write and store is None:
        raise InvalidInputError("--write is for the studies of a store; name the store")
    opened = None if store is None else _store(store)
    wanted = sys.stdout.isatty() and server.is_loopback(host) if open_ is None else open_

    def ready(url: str) -> None:
        what = "the spreadsheet page" if opened is None else str(opened.location)
        typer.echo(f"{what} is at {url}   (Ctrl-C ends it)")
        sys.stdout.flush()
        if wanted:
            import webbrowser

            webbrowser.open(url)

    server.serve(opened, host=host, port=port, names=allow_host or (), write=write, ready=ready)


def _store(target: str) -> Store:
    from augury.study.opening import open_existing

    if not is_study_file(target):
        return open_existing(target)
    from augury.study.study_file import load_study_file

    return open_existing(load_study_file(target).settings["store"])
