"""Writing: all files or none, never over one that is there."""

from pathlib import Path

import pytest

from augury.errors import InvalidInputError
from augury.study.sheet.cells import parse_cell
from augury.study.sheet.dialect import Dialect
from augury.study.sheet.writing import format_cell, next_path, render, write_files


def test_numbers_follow_the_dialect_and_those_of_the_table_stay_as_written() -> None:
    assert format_cell(1.5, ",") == "1,5"
    assert format_cell(80.0, ",") == "80"
    assert format_cell(parse_cell("1.50"), ".") == "1.50"
    assert format_cell(None, ".") == ""
    assert render(Path("t.csv"), ["ä", "b"], [["x;y", 0.25]], Dialect(";", ",", "cp1252")) == (
        'ä;b\n"x;y";0,25\n'.encode("cp1252")
    )


def test_text_beyond_the_encoding_turns_it_into_utf8() -> None:
    content = render(Path("t.csv"), ["a"], [["\N{GREEK SMALL LETTER MU}"]], Dialect(encoding="cp1252"))
    assert content.decode("utf-8-sig") == "a\n\N{GREEK SMALL LETTER MU}\n"


def test_names_beside_the_sheet_are_counted_up(tmp_path: Path) -> None:
    sheet = tmp_path / "lab.data.csv"
    assert next_path(sheet).name == "lab.data.next.csv"
    next_path(sheet).touch()
    assert next_path(sheet).name == "lab.data.next-2.csv"
    next_path(sheet).symlink_to(tmp_path / "nowhere")
    assert next_path(sheet).name == "lab.data.next-3.csv"


def test_an_existing_file_is_kept_and_nothing_is_written(tmp_path: Path) -> None:
    kept = tmp_path / "b"
    kept.write_bytes(b"mine")
    with pytest.raises(InvalidInputError, match="cannot be written"):
        write_files({tmp_path / "a": b"1", kept: b"2"})
    assert kept.read_bytes() == b"mine"
    assert not (tmp_path / "a").exists()


def test_an_existing_file_is_replaced_only_when_asked(tmp_path: Path) -> None:
    old = tmp_path / "b"
    old.write_bytes(b"mine")
    write_files({old: b"2", tmp_path / "a": b"1"}, replace=old)
    assert old.read_bytes() == b"2"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_missing_folder_is_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be written"):
        write_files({tmp_path / "a": b"1", tmp_path / "no" / "b": b"2"})
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    class FullDisk(io.BytesIO):
        write = full

    opened = Path.open

    def open_full(path: Path, mode: str = "r") -> object:
        opened(path, mode).close()
        return FullDisk()

    monkeypatch.setattr(Path, "open", open_full)
    with pytest.raises(InvalidInputError, match="No space left on device"):
        write_files({tmp_path / "a": b"1"})
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []
