"""The `augury` command: a table of commands, each imported only when it is called."""

from __future__ import annotations

from importlib import import_module
from keyword import iskeyword
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from augury import __version__
from augury.cli.errors import one_line_errors

COMMANDS = {
    "run": "Optimise as a study file says; resumes by itself.",
    "ask": "Take the next trials of a study, to evaluate them elsewhere.",
    "tell": "Record the result of a trial.",
    "worker": "Evaluate trials of a study in a store that machines share.",
    "evaluate": "Evaluate one trial, inside a job that run --submit submitted.",
    "suggest": "Propose the next experiments for a table of past ones.",
    "design": "Design many experiments at once from a table of past ones.",
    "check": "Measure how well surrogates predict a table of experiments.",
    "show": "Show where a study stands and what it recommends.",
    "trade-off": "Show the design for a preference among several objectives.",
    "report": "Write a report of a study as one HTML file.",
    "serve": "Show a study live in the browser, or the spreadsheet page.",
    "export": "Write the trials of a study as a table, or all of it as one file.",
    "import": "Put an exported study into a store, with every trial as it was.",
    "models": "List the surrogates that --model takes.",
    "init": "Write a commented example of a study file.",
    "pfn": "Train prior-fitted networks, and predict tables with them.",
    "fit-field": "Fit a neural field to an image; resumes by itself.",
    "erf": "Show how far an encoder of images or series sees.",
    "theory": "Show how signals pass through a network before it is trained.",
    "demo": "Optimise a real reaction from a published table.",
}
"""Command -> its line in `augury --help`. It is the function (or the group, a Typer) of that name
("_" for "-", "import_" for "import") in its own module."""


class LazyGroup(TyperGroup):
    """A group that knows its commands by name and imports one only when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            function = cmd_name.replace("-", "_") + ("_" if iskeyword(cmd_name) else "")
            module = import_module(f"augury.cli.{function}")
            part = getattr(module, function)
            if not isinstance(part, typer.Typer):  # which a group of commands is already
                single = typer.Typer(rich_markup_mode=None, add_completion=False)
                single.command(cmd_name)(part)
                part = single
            self.add_command(typer.main.get_command(part), cmd_name)
        return self.commands[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        for given in args:
            if any("\ud800" <= letter <= "\udfff" for letter in given):
                ctx.fail(f"{given!r} is not valid UTF-8, and could be neither stored nor printed; rename it")
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(_unknown_command(args[0]))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        with one_line_errors():
            return super().invoke(ctx)


def _unknown_command(given: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(given, COMMANDS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "the commands are " + ", ".join(COMMANDS)
    return f"there is no command {given!r}; {hint}"


app = typer.Typer(
    name="augury", cls=LazyGroup, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"augury {__version__}")
        raise typer.Exit


@app.callback()
def augury(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Optimise an expensive function with few evaluations."""


def main() -> None:
    """Entry point of the `augury` script."""
    app(prog_name="augury")
