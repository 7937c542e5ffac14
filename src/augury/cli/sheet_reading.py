"""What the commands that propose experiments for a table read, and what they leave behind."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from augury.errors import InvalidInputError

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.strategies.base import Strategy
    from augury.study.sheet.advice import Advice, Experiments
    from augury.study.sheet.definition import Definition
    from augury.study.sheet.table import Table


@dataclass(frozen=True)
class Reading:
    """The options that say how a table is read, as a command was given them.

    Args:
        sheet: the table.
        goal, limit, constraint, stderr, cost, descriptors, failed, ignore: as `augury suggest` takes them.
        candidates: a table of the only possible choices, or None.
        space: the space file; beside the table when None.
    """

    sheet: Path
    goal: Sequence[str]
    limit: Sequence[str] = ()
    constraint: Sequence[str] = ()
    stderr: Sequence[str] = ()
    cost: str | None = None
    candidates: Path | None = None
    descriptors: Sequence[str] = ()
    failed: Sequence[str] = ()
    ignore: Sequence[str] = ()
    space: Path | None = None

    @property
    def space_file(self) -> Path:
        """Where the space file is, or will be."""
        from augury.study.sheet.space_file import space_path

        return self.space or space_path(self.sheet)

    @property
    def files(self) -> list[Path]:
        """All files that are read."""
        tables = [self.candidates] if self.candidates else []
        return [self.sheet, self.space_file, *tables, *self._descriptor_files.values()]

    def read(self) -> Sheet:
        """The table, what its columns were taken for, and the experiments in it.

        Raises:
            InvalidInputError: an option or a cell that is not what it should be.
        """
        from augury.cli.sheet_definition import define
        from augury.cli.suggest_goals import read_accuracy, read_goals, split_constraints
        from augury.study.sheet.advice import read_experiments
        from augury.study.sheet.outcomes import check_outcomes
        from augury.study.sheet.table import read_table

        accuracy = read_accuracy(list(self.stderr), self.cost)
        goals = read_goals(list(self.goal), list(self.limit))
        table = read_table(self.sheet)
        rules, limits = split_constraints(
            list(self.constraint), table, goals, self.space_file, self.candidates
        )
        goals = read_goals(list(self.goal), [*self.limit, *limits])
        check_outcomes(table, goals)
        accuracy.check(table, goals)
        definition = define(
            table,
            goals.outcomes,
            self.space_file,
            self.candidates,
            rules,
            list(self.ignore),
            self._descriptor_files,
            accuracy.columns,
        )
        definition = replace(definition, aside={**definition.aside, **accuracy.columns})
        words = [word for text in self.failed for word in text.split(",")]
        experiments = read_experiments(table, definition, goals, words, accuracy)
        return Sheet(table, goals, definition, experiments, self.space_file)

    @property
    def _descriptor_files(self) -> dict[str, Path]:
        files: dict[str, Path] = {}
        for text in self.descriptors:
            name, equals, path = text.partition("=")
            if not (name.strip() and equals and path.strip()):
                raise InvalidInputError(
                    f"--descriptors {text!r}: write COLUMN=TABLE, such as solvent=solvents.csv"
                )
            if name.strip() in files:
                raise InvalidInputError(f"--descriptors: {name.strip()!r} is given two tables; give one")
            files[name.strip()] = Path(path.strip())
        return files


@dataclass(frozen=True)
class Sheet:
    """A table of experiments that was read."""

    table: Table
    goals: Goals
    definition: Definition
    experiments: Experiments
    space_file: Path

    def advise(self, n: int, *, seed: int, model: str, strategy: Strategy | None = None) -> Advice:
        """The next n experiments; arguments as `augury.study.sheet.advice.advise` takes them.

        Raises:
            InvalidInputError: every experiment in the space has been made. On the first run the space file is
                written all the same, so that there is one to widen.
        """
        from augury.strategies.base import ExhaustedError
        from augury.study.sheet.advice import advise
        from augury.study.sheet.writing import write_files

        try:
            return advise(
                self.experiments,
                self.definition,
                self.goals,
                self.table,
                n,
                seed=seed,
                model=model,
                strategy=strategy,
            )
        except ExhaustedError as error:
            if self.definition.space_file is None:
                raise
            write_files({self.space_file: self.definition.space_file.encode()})
            notes = "".join(f". Note: {note}" for note in self.definition.notes)
            raise InvalidInputError(f"{error}, which was written just now, and run again{notes}") from None

    def leave(self, advice: Advice, n: int, target: Path, *, force: bool, as_json: bool) -> None:
        """Write the table of the next experiments (and the space file, on the first run), and print it all.

        Args:
            advice: the next experiments.
            n: how many were asked for.
            target: where to write them.
            force: whether a file there is replaced.
            as_json: whether to print JSON.
        """
        from augury.study.sheet.account import Outcome, to_dict
        from augury.study.sheet.next_table import next_table
        from augury.study.sheet.writing import render, write_files

        names, rows = next_table(self.table, self.definition, self.goals, advice.suggestions)
        contents = {target: render(target, names, rows, self.table.dialect)}
        if self.definition.space_file is not None:
            contents[self.space_file] = self.definition.space_file.encode()
        write_files(contents, replace=target if force else None)
        outcome = Outcome(
            self.table, self.goals, self.definition, self.experiments, advice, n, target, self.space_file
        )
        if as_json:
            import json

            typer.echo(json.dumps(to_dict(outcome), indent=2))
            return
        from augury.cli.suggest_display import print_text

        print_text(outcome)


def target_file(reading: Reading, output: Path | None, force: bool) -> Path:
    """The file for the next experiments, which must not be one of those read.

    Raises:
        InvalidInputError: it is, or it exists and may not be replaced; or there is no folder for it, or for
            the space file.
    """
    from augury.cli.output import check_folder
    from augury.study.sheet.table import format_of
    from augury.study.sheet.writing import next_path

    given = reading.files
    if reading.space is not None and reading.candidates is None:
        check_folder(reading.space, "--space")
    if output is None:
        return next_path(reading.sheet)
    format_of(output)
    check_folder(output, "-o")
    if any(output.resolve() == path.resolve() for path in given):
        raise InvalidInputError(f"-o {output}: this is one of the files read; choose another name")
    if os.path.lexists(output) and not force:
        raise InvalidInputError(
            f"-o {output}: the file exists; choose another name, or add --force to replace it"
        )
    return output
