"""A file is replaced by a whole one, or stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from augury.errors import InvalidInputError
from augury.whole_file import check_parent, replacing


def test_a_file_is_replaced_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "a.CSV"
    file.write_text("old")
    with replacing(file) as part:
        part.write_text("new")
        assert (file.read_text(), part.suffix, part.parent) == ("old", ".csv", tmp_path)
    assert file.read_text() == "new"
    assert list(tmp_path.iterdir()) == [file]


def write_half(file: Path) -> None:
    with replacing(file) as part:
        part.write_text("ne")
        raise ValueError("half")


def test_after_an_error_it_is_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text("old")
    with pytest.raises(ValueError, match="half"):
        write_half(file)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    check_parent(tmp_path / "a.json")
    with pytest.raises(InvalidInputError, match="nowhere does not exist"):
        check_parent(tmp_path / "nowhere" / "a.json")


def test_an_error_of_writing_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "report.html"
    with pytest.raises(FileNotFoundError) as caught, replacing(path) as part:
        part.write_text("x")
    assert caught.value.filename == str(path)


def test_other_errors_pass_as_they_are(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "report.html"):
        other.read_text()
    assert caught.value.filename == str(other)
