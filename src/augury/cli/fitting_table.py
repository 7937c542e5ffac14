"""Tables that stay readable where the terminal is narrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from augury.cli.output import NO_EDGE


class FittingTable:
    """A table of rows; where that is wider than the console, turned, with a column for each row.

    A turned table has as many columns as fit; the remaining rows follow in further ones.

    Args:
        headers: what the columns are called.
        rows: a cell for each header.
        title: above the table.
        styles: of the rows; none without.
        named: whether the first cell names its row and stands above its column where the table is turned;
            rows are numbered else.
    """

    def __init__(
        self,
        headers: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        title: str | None = None,
        styles: Sequence[str | None] | None = None,
        named: bool = False,
    ) -> None:
        self._headers = list(headers)
        self._rows = [list(row) for row in rows]
        self._title, self._named = title, named
        self._styles = list(styles) if styles is not None else [None] * len(self._rows)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table, or the turned ones."""
        upright = self._upright()
        if _fits(console, options, upright):
            yield upright
            return
        first = 0
        while first < len(self._rows):
            count = self._most_that_fit(console, options, first)
            yield self._turned(first, count)
            first += count

    def _most_that_fit(self, console: Console, options: ConsoleOptions, first: int) -> int:
        """How many rows from `first` on stand beside each other, at least one."""
        count = 1
        while first + count < len(self._rows) and _fits(console, options, self._turned(first, count + 1)):
            count += 1
        return count

    def _upright(self) -> Table:
        table = self._empty(self._title)
        for header in self._headers:
            table.add_column(Text(header), no_wrap=True)
        for row, style in zip(self._rows, self._styles, strict=True):
            table.add_row(*map(Text, row), style=style)
        return table

    def _turned(self, first: int, count: int) -> Table:
        table = self._empty(self._title if first == 0 else None)
        shown = self._rows[first : first + count]
        table.add_column(Text(self._headers[0] if self._named else ""), overflow="fold")
        for number, row in enumerate(shown, first + 1):
            name = row[0] if self._named else str(number)
            table.add_column(Text(name), style=self._styles[number - 1] or "", overflow="fold")
        for place, header in enumerate(self._headers):
            if place or not self._named:
                table.add_row(Text(header), *(Text(row[place]) for row in shown))
        return table

    def _empty(self, title: str | None) -> Table:
        return Table(
            box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left", title_style="bold"
        )


def _fits(console: Console, options: ConsoleOptions, table: Table) -> bool:
    """Whether the table, as wide as it would be, is not wider than the console."""
    return Measurement.get(console, options.update(width=NO_EDGE), table).maximum <= options.max_width
