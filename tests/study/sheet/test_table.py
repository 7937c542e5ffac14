"""Tables: the same cells from every format, and bad files refused in one clear line."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.study.sheet.cells import Number
from augury.study.sheet.dialect import Dialect
from augury.study.sheet.table import read_table
from augury.study.sheet.writing import render

VALUES = {
    "number": st.one_of(st.integers(-(10**9), 10**9), st.floats(-1e6, 1e6).map(lambda x: round(x, 4))),
    "text": st.sampled_from(["DMF", "Lösung 1", "a=b", "=1+1", "x,y;z"]),
    "flag": st.booleans(),
}


@st.composite
def columns(draw: st.DrawFn) -> list[list[object]]:
    n = draw(st.integers(1, 5))
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=2, max_size=4))
    drawn = [draw(st.lists(st.one_of(VALUES[kind], st.none()), min_size=n, max_size=n)) for kind in kinds]
    return [[0] * n, *drawn]  # no row is blank


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet"])
@given(drawn=columns())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_typed_tables_read_back_equal(suffix: str, drawn: list[list[object]], tmp_path: Path) -> None:
    path = tmp_path / f"table{suffix}"
    names = [f"column {i}" for i in range(len(drawn))]
    path.write_bytes(render(path, names, list(zip(*drawn, strict=True)), Dialect()))
    table = read_table(path)
    assert list(table.columns) == names
    for name, cells in zip(names, drawn, strict=True):
        read = [cell.value if isinstance(cell, Number) else cell for cell in table.columns[name]]
        assert read == cells


def _write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def test_blank_rows_and_columns_are_left_out_and_row_numbers_stay(tmp_path: Path) -> None:
    table = read_table(_write(tmp_path / "t.csv", "\na,b,,\n1,2,,\n,,,\n\n3,4,,\n"))
    assert list(table.columns) == ["a", "b"]
    assert table.row_numbers == [3, 6]
    assert table.where(1, "b") == "t.csv, row 6, column 'b'"


def test_short_rows_are_filled_with_empty_cells(tmp_path: Path) -> None:
    table = read_table(_write(tmp_path / "t.csv", "a,b\n1\n2,3\n"))
    assert table.columns["b"][0] is None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "", "empty"),
        ("t.csv", "\n\n", "empty"),
        ("t.csv", "a,b,a\n1,2,3\n", "two columns are called 'a'"),
        ("t.csv", "a,\n1,2\n", "column 2 has no name"),
        ("t.csv", "a,b\n1,2\n1,2,3\n", "row 3"),
        ("t.xls", "a", r"reads and writes tables as .*\.xlsx"),
        ("t.xlsx", "not a workbook", "not an Excel workbook"),
        ("t.parquet", "not a table", "not a Parquet file"),
    ],
)
def test_bad_files_are_refused_by_name(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as error:
        read_table(_write(tmp_path / name, content))
    assert name in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx", "t.parquet"])
def test_a_missing_file_is_said_to_be_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInputError, match="no such file"):
        read_table(tmp_path / name)


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_table(tmp_path / "t.csv")


def test_further_sheets_of_a_workbook_are_mentioned(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["a", "b"])
    book.active.append([1, 2])
    book.create_sheet("more")
    book.save(tmp_path / "t.xlsx")
    assert "2 sheets" in read_table(tmp_path / "t.xlsx").note


def test_thousands_of_rows(tmp_path: Path) -> None:
    lines = "".join(f"{i};{i / 8:.3f};x{i % 7}\n".replace(".", ",") for i in range(5000))
    table = read_table(_write(tmp_path / "t.csv", "a;b;c\n" + lines))
    assert table.n == 5000
    assert [cell.value for cell in table.columns["b"] if isinstance(cell, Number)] == [
        i / 8 for i in range(5000)
    ]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
@given(content=st.one_of(st.binary(max_size=60), st.text("a1,;\t\n\"'. -", max_size=40).map(str.encode)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_table_or_refused(suffix: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"t{suffix}"
    path.write_bytes(content)
    try:
        table = read_table(path)
    except InvalidInputError:
        return  # a clear refusal is as good as a table
    assert table.columns
    assert all(len(cells) == table.n for cells in table.columns.values())
