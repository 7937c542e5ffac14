"""The space that a table of past experiments spans: one parameter per column that is a setting."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

from augury.errors import InvalidInputError
from augury.space.parameters import Categorical, Fixed, Float, Int, Parameter
from augury.study.sheet.cells import Cell, Number, is_dressed_number, label, shown
from augury.study.sheet.resolution import bounds, is_logarithmic, outward, resolution
from augury.study.sheet.roles import set_aside
from augury.study.sheet.table import Table

MOST_CATEGORIES = 500


@dataclass(frozen=True)
class Inference:
    """What a table says about its settings.

    Args:
        parameters: setting -> parameter, in the order of the columns.
        aside: column that is no setting -> why.
        guessed: settings whose range is a guess, because nothing varies in the table.
    """

    parameters: dict[str, Parameter]
    aside: dict[str, str]
    guessed: tuple[str, ...] = ()


def infer(
    table: Table, results: Sequence[str], *, ignore: Collection[str] = (), keep: Collection[str] = ()
) -> Inference:
    """Read off a table which columns are settings, their ranges and steps.

    Numbers range over what was seen, in the resolution that was seen; text is a choice among the values seen;
    a column with one value is fixed. Where no column varies, the range of the numbers is a guess, from half
    to twice the value.

    Args:
        table: the experiments, at least one.
        results: the outcome columns, the objective first.
        ignore: columns that the user has set aside.
        keep: columns that the user has declared to be settings.

    Raises:
        InvalidInputError: an empty or misread cell in a setting, or no setting that could vary.
    """
    reasons = dict.fromkeys(ignore, "set aside by you")
    remaining = {name: cells for name, cells in table.columns.items() if name not in reasons}
    reasons |= set_aside(replace(table, columns=remaining), results, keep)
    names = [name for name in remaining if name not in reasons and name not in results]
    parameters = {name: column_parameter(table, name) for name in names}
    guessed: tuple[str, ...] = ()
    if not any(not isinstance(parameter, Fixed) for parameter in parameters.values()):
        guesses = {name: _guess(table, name) for name in names}
        parameters |= {name: guess for name, guess in guesses.items() if guess is not None}
        guessed = tuple(name for name, guess in guesses.items() if guess is not None)
        if not guessed:
            raise InvalidInputError(_nothing_varies(table, names, reasons))
    ordered = {name: reasons[name] for name in table.columns if name in reasons}
    return Inference(parameters, ordered, guessed)


def column_parameter(table: Table, name: str) -> Parameter:
    """The parameter that the cells of one column stand for.

    Raises:
        InvalidInputError: an empty cell, text among numbers, or too many different texts.
    """
    cells = table.columns[name]
    for row, cell in enumerate(cells):
        if cell is None:
            raise InvalidInputError(
                f'{table.where(row, name)}: the cell is empty; fill it in (for "nothing" use a word such as '
                f"none), or set the column aside with --ignore {name!r}"
            )
    numbers = [cell for cell in cells if isinstance(cell, Number)]
    if len(numbers) == len(cells):
        with _column_named(table, name):
            return _numeric(numbers)
    if 2 * len(numbers) > len(cells):
        row = next(row for row, cell in enumerate(cells) if not isinstance(cell, Number))
        raise InvalidInputError(
            f"{table.where(row, name)}: {shown(cells[row])!r} is not a number, as the other cells of "
            "the column are "
            f"(decimal mark {table.dialect.decimal!r}); correct it, or set the column aside with "
            f"--ignore {name!r}"
        )
    return _choice(table, name, cells)


def dressed_numbers(table: Table, names: Iterable[str]) -> list[str]:
    """A note for each of these columns that counts as text only because of how its numbers are written."""
    notes = []
    for name in names:
        texts = [cell for cell in table.columns[name] if isinstance(cell, str)]
        others = [cell for cell in table.columns[name] if cell is not None and not isinstance(cell, str)]
        plain = all(isinstance(cell, Number) for cell in others)
        if texts and plain and all(map(is_dressed_number, texts)):
            notes.append(
                f"{name} counts as text, not as numbers, because of cells such as {texts[0]!r}: write "
                "numbers without thousands separators and percent signs"
            )
    return notes


def _choice(table: Table, name: str, cells: Sequence[Cell]) -> Parameter:
    plain = all(isinstance(cell, bool) for cell in cells)
    values = list(dict.fromkeys(label(cell) if plain else str(label(cell)) for cell in cells))
    if len(values) == 1:
        return Fixed(values[0])
    if len(values) > MOST_CATEGORIES:
        raise InvalidInputError(
            f"{table.path.name}, column {name!r}: there are {len(values)} different texts; set the "
            "column aside with "
            f"--ignore {name!r}"
        )
    return Categorical(values)


def _numeric(numbers: Sequence[Number]) -> Parameter:
    low, high = bounds(numbers)
    whole = all(isinstance(number.value, int) and number.decimals == 0 for number in numbers)
    if low == high:
        return Fixed(numbers[0].value)
    if is_logarithmic(numbers):
        return Int(int(low), int(high), log=True) if whole else Float(float(low), float(high), log=True)
    step = resolution(numbers)
    return _stepped(*outward(low, high, step), step, whole)


def _stepped(low: Decimal, high: Decimal, step: Decimal, whole: bool) -> Parameter:
    if whole:
        return Int(int(low), int(high), step=int(step))
    return Float(float(low), float(high), step=float(step))


def _guess(table: Table, name: str) -> Parameter | None:
    """A range around the one value of a column of numbers: half to twice the value."""
    number = table.columns[name][0]
    if not isinstance(number, Number):
        return None
    value = Decimal(repr(number.value))
    if value == 0:
        return Float(0.0, 1.0, step=0.01)
    low, high = sorted((value / 2, value * 2))
    fine = Decimal(1).scaleb((high - low).adjusted() - 1)
    step = max(Decimal(1).scaleb(-number.decimals), fine)
    whole = isinstance(number.value, int) and step >= 1
    if high - low < 2 * step:
        step, whole = fine, False  # a power of ten, so that the value itself is on the grid
    with _column_named(table, name):
        return _stepped(*outward(low, high, step), step, whole)


@contextmanager
def _column_named(table: Table, name: str) -> Iterator[None]:
    """Says which column it is whose numbers are no range."""
    try:
        yield
    except InvalidInputError as error:
        raise InvalidInputError(
            f"{table.path.name}, column {name!r}: {error}, or set the column aside with --ignore {name!r}"
        ) from None


def _nothing_varies(table: Table, names: Sequence[str], reasons: Mapping[str, str]) -> str:
    what = (
        "every setting has the same value in all rows"
        if names
        else "no column is left that could be a setting"
    )
    aside = (
        f" (set aside: {', '.join(f'{name}: {reason}' for name, reason in reasons.items())})"
        if reasons
        else ""
    )
    return (
        f"{table.path.name}: {what}{aside}; add experiments in which something differs, or give the possible "
        "choices with --candidates"
    )
