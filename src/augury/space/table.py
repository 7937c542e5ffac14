"""Table: a finite list of candidates, read column by column from a DataFrame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.errors import InvalidInputError
from augury.space.categorical import category_key
from augury.space.parameter import Parameter
from augury.space.parameters import Categorical, Fixed, Float, Int, parameter_of
from augury.space.scales import Array

Columns = dict[str, list[Any]]


def columns_of(frame: Any) -> Columns:
    """The cells of a DataFrame (or of a mapping from name to cells) as plain Python values, by column.

    Raises:
        InvalidInputError: something else, no rows, a name that is empty or used twice, a missing cell (row
            and column named), columns of different lengths.
    """
    if not (hasattr(frame, "columns") or isinstance(frame, Mapping)):
        raise InvalidInputError(
            "a candidate table is a DataFrame, or a mapping from column names to lists of cells; given "
            f"{type(frame).__name__}: pandas.DataFrame(...) makes one of rows, pandas.read_csv(...) of a file"
        )
    names = list(frame.columns) if hasattr(frame, "columns") else list(frame)
    for name in names:
        if not isinstance(name, str) or not name.strip():
            raise InvalidInputError(
                f"a column of the candidate table has the name {name!r}; names are non-empty text"
            )
        if names.count(name) > 1:
            raise InvalidInputError(f"the candidate table has two columns called {name!r}")
        if isinstance(frame[name], str) or not hasattr(frame[name], "__len__"):
            raise InvalidInputError(f"column {name!r} must be a list of cells; given {frame[name]!r}")
    if not names or len(frame[names[0]]) == 0:
        raise InvalidInputError("the candidate table has no rows")
    cells = {name: _cells(name, frame[name]) for name in names}
    n_rows = len(cells[names[0]])
    for name, column in cells.items():
        if len(column) != n_rows:
            raise InvalidInputError(
                f"the candidate table has {n_rows} cells in column {names[0]!r} but {len(column)} in {name!r}"
            )
    return cells


def _cells(name: str, column: Any) -> list[Any]:
    missing = column.isna().to_numpy() if hasattr(column, "isna") else np.array([_missing(c) for c in column])
    if missing.any():
        row = int(np.argmax(missing))
        raise InvalidInputError(
            f"the candidate table has a missing cell in row {row + 1}, column {name!r}; fill it in (for "
            '"nothing" use a word such as "none") or drop the row'
        )
    cells: list[Any] = column.tolist() if hasattr(column, "tolist") else list(column)
    return cells


def _missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and np.isnan(cell))


def infer_parameter(name: str, cells: Sequence[Any], column: Any = None) -> Parameter:
    """The parameter that a column of candidates stands for.

    Whole numbers become Int, other numbers Float, both by the column's range; text and bools
    become Categorical (in the order of a pandas ordered categorical, if it is one); a column of one value
    becomes Fixed.

    Raises:
        InvalidInputError: cells of other types (dates), or infinite numbers.
    """
    kinds = set(map(type, cells))
    if kinds <= {int, float}:
        low, high = min(cells), max(cells)
        if low == high:
            return Fixed(low)
        return Int(low, high) if kinds == {int} and high - low < 2**50 else Float(low, high)
    keys = {category_key(cell): cell for cell in cells}
    if None in keys:
        raise InvalidInputError(
            f"column {name!r} of the candidate table holds {keys[None]!r} ({type(keys[None]).__name__}); "
            "cells are text, finite numbers or bools"
        )
    if len(keys) == 1:
        return Fixed(cells[0])
    order = getattr(getattr(column, "dtype", None), "categories", None)
    if order is not None and getattr(column.dtype, "ordered", False):
        return Categorical([value for value in order.tolist() if category_key(value) in keys], ordered=True)
    return Categorical(list(keys.values()))


class Table:
    """The rows of a candidate table: choices (what a trial is told), descriptors (what a model sees too).

    Args:
        frame: DataFrame, or mapping from name to cells.
        descriptors: names of the columns that are inputs of the model but not choices.
        parameters: how a column is to be understood where the inferred way is not meant.

    Attributes:
        cells: column name -> cells; rows that are encoded alike are merged into the first.
        parameters: column name -> how it is understood.
        choices: name -> parameter of the choices.
        described: name -> parameter of the descriptor columns that vary.

    Raises:
        InvalidInputError: as `columns_of` and `infer_parameter`; two rows of the same choices whose
            descriptors differ; names that are no columns.
    """

    def __init__(self, frame: Any, descriptors: Sequence[str], parameters: Mapping[str, Any]) -> None:
        self.cells = columns_of(frame)
        if isinstance(descriptors, str):
            raise InvalidInputError(f"descriptors={descriptors!r} must be a list of column names")
        for name in (*descriptors, *parameters):
            if name not in self.cells:
                known = ", ".join(map(repr, self.cells))
                raise InvalidInputError(f"the candidate table has no column {name!r}; it has {known}")
        self.parameters = {
            name: _parameter(name, cells, frame[name], parameters) for name, cells in self.cells.items()
        }
        self.descriptors = list(descriptors)
        self.choices = {name: p for name, p in self.parameters.items() if name not in descriptors}
        self.described = {
            name: p for name, p in self.parameters.items() if name in descriptors and not isinstance(p, Fixed)
        }
        if not self.choices:
            raise InvalidInputError(
                "every column of the candidate table is a descriptor; one at least is a choice"
            )
        self._merge_duplicates()

    def _merge_duplicates(self) -> None:
        units = {
            name: p.scale.unit(self._numbers(name, p)) for name, p in (self.choices | self.described).items()
        }
        choices = np.stack([units[name] for name in self.choices], axis=1)
        first, group = _first_of_each(choices)
        if len(first) == len(choices):
            return
        for name in self.described:
            differs = units[name] != units[name][first][group]
            if differs.any():
                row = int(np.argmax(differs))
                raise InvalidInputError(
                    f"rows {first[group[row]] + 1} and {row + 1} of the candidate table make the same "
                    f"choices but differ in the descriptor {name!r}"
                )
        self.keep(np.sort(first))

    def keep(self, rows: NDArray[np.intp]) -> None:
        """Drop all rows but these."""
        self.cells = {name: [cells[row] for row in rows.tolist()] for name, cells in self.cells.items()}

    def _numbers(self, name: str, parameter: Parameter) -> Array:
        numbers = parameter.to_numbers(self.cells[name])
        if numbers is not None:
            return numbers
        checked = []
        for row, cell in enumerate(self.cells[name]):
            try:
                checked.append(parameter.check(cell))
            except InvalidInputError as error:
                raise InvalidInputError(
                    f"row {row + 1}, column {name!r} of the candidate table: {error}"
                ) from None
        self.cells[name] = checked
        return self._numbers(name, parameter)

    def __len__(self) -> int:
        return len(next(iter(self.cells.values())))

    def numbers(self, columns: Sequence[str]) -> Array:
        """Numbers (rows x columns) of the named columns."""
        return np.stack([self._numbers(name, self.parameters[name]) for name in columns], axis=1)

    def rows(self, indices: NDArray[np.intp], names: Sequence[str]) -> list[dict[str, Any]]:
        """The cells of some rows, as params."""
        columns = [(name, self.cells[name]) for name in names]
        return [{name: cells[row] for name, cells in columns} for row in indices.tolist()]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able schema."""
        parameters = {name: parameter.to_dict() for name, parameter in self.parameters.items()}
        # a list of pairs, because databases may re-order the keys of a JSON object
        columns = [[name, cells] for name, cells in self.cells.items()]
        return {"columns": columns, "descriptors": self.descriptors, "parameters": parameters}


def _parameter(name: str, cells: list[Any], column: Any, given: Mapping[str, Any]) -> Parameter:
    try:
        return parameter_of(given[name]) if name in given else infer_parameter(name, cells, column)
    except InvalidInputError as error:
        raise InvalidInputError(f"column {name!r}: {error}") from None


def _first_of_each(rows: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Index of the first of every distinct row, and for each row the position of its like among those."""
    keys = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.itemsize * rows.shape[1])))[:, 0]
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    return first, group
