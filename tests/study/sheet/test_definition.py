"""Definition: the space of a table, from the table itself, the space file or candidates."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.space.goals import Goals
from augury.space.parameters import Int
from augury.study.sheet.advice import read_experiments
from augury.study.sheet.cells import Cell, parse_cell
from augury.study.sheet.definition import Definition, from_file, from_table, quote_names
from augury.study.sheet.table import Table


def table(**more: str) -> Table:
    columns = {
        "id": "a1|a2|a3|a4|a5",
        "T (C)": "60|80|100|60|120",
        "s": "x|y|x|y|x",
        "yield": "1|2|3|4|5",
    } | more
    cells: dict[str, list[Cell]] = {
        name: [parse_cell(text) for text in column.split("|")] for name, column in columns.items()
    }
    return Table(Path("t.csv"), cells, [2, 3, 4, 5, 6])


@given(
    st.lists(
        st.lists(
            st.sampled_from(["", "1", "2.5", "-3", "x", "1e-3", "2026-03-12", "b c"]), min_size=3, max_size=3
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_table_is_understood_or_refused(rows: list[list[str]]) -> None:
    cells: dict[str, list[Cell]] = {
        name: [parse_cell(row[j]) for row in rows] for j, name in enumerate(["a", "b", "yield"])
    }
    sheet = Table(Path("t.csv"), cells, list(range(2, len(rows) + 2)))
    try:
        definition = from_table(sheet, ["yield"], Path("t.space.toml"))
        experiments = read_experiments(sheet, definition, Goals.of("max:yield"), ["x"])
    except InvalidInputError:
        return  # a clear refusal is as good as a table
    assert experiments.X.shape == (len(rows), definition.space.dim)
    assert (
        (definition.space.bounds[0] <= experiments.X) & (definition.space.bounds[1] >= experiments.X)
    ).all()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.space.toml"


def written(path: Path, sheet: Table, constraints: tuple[str, ...] = ()) -> Definition:
    definition = from_table(sheet, ["yield"], path, constraints=constraints)
    assert definition.space_file is not None
    path.write_text(definition.space_file, encoding="utf-8")
    return definition


def test_the_file_that_is_written_gives_the_same_space(path: Path) -> None:
    first = written(path, table(), ("T (C) <= 110",))
    second = from_file(path, table(), ["yield"])
    assert second.space == first.space
    assert second.space.constraints == ["`T (C)` <= 110"]
    assert second.whole.constraints == []
    assert list(second.aside) == list(first.aside) == ["id"]


def test_a_mixture_survives_the_file(path: Path) -> None:
    sheet = table(a="10|20|30|40|60", b="90|80|70|60|40")
    first = written(path, sheet)
    second = from_file(path, sheet, ["yield"])
    assert first.remainder is not None
    assert first.remainder == second.remainder
    assert first.settings == second.settings == ["T (C)", "s", "a", "b"]
    assert "b" not in second.space.names
    assert "makes up the rest" in first.notes[0]


def test_what_the_user_edits_is_followed(path: Path) -> None:
    written(path, table())
    path.write_text(path.read_text(encoding="utf-8").replace("high = 120", "high = 140"), encoding="utf-8")
    assert from_file(path, table(), ["yield"]).space.parameters["T (C)"] == Int(60, 140, step=10)


def test_options_add_to_the_file(path: Path) -> None:
    written(path, table(), ("T (C) <= 110",))
    definition = from_file(path, table(), ["yield"], constraints=["T (C) >= 70"], ignore=["s"])
    assert definition.space.constraints == ["`T (C)` <= 110", "`T (C)` >= 70"]
    assert definition.space.names == ["T (C)"]
    assert definition.aside["s"] == "set aside by you"


def test_a_new_column_must_be_placed(path: Path) -> None:
    written(path, table())
    with pytest.raises(InvalidInputError, match="says nothing about the column 'p'"):
        from_file(path, table(p="1|2|1|2|1"), ["yield"])
    notes = from_file(path, table(note="why not|b||d|e"), ["yield"])
    assert notes.aside["note"] == "notes"


def test_a_column_that_is_gone_is_named(path: Path) -> None:
    written(path, table(p="1|2|1|2|1"))
    with pytest.raises(InvalidInputError, match="has no column 'p'"):
        from_file(path, table(), ["yield"])


def test_a_result_cannot_be_a_setting(path: Path) -> None:
    written(path, table(purity="1|2|1|2|1"))
    with pytest.raises(InvalidInputError, match="'purity' is a setting there, but a result"):
        from_file(path, table(purity="1|2|1|2|1"), ["purity"])


def test_names_that_are_no_plain_words_are_quoted_once() -> None:
    parameters = {"T (C)": Int(0, 1), "T": Int(0, 1), "b": Int(0, 1)}
    assert quote_names(["T (C) + `T (C)` + T <= b"], parameters) == ["`T (C)` + `T (C)` + T <= b"]
    assert quote_names(["T <= b"], {"T": Int(0, 1)}) == ["T <= b"]
