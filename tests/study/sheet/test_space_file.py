"""The space file: what is written reads back equal, and what a user breaks is named."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.space.parameters import Categorical, Fixed, Float, Int, Parameter
from augury.study.sheet.cells import Cell, parse_cell
from augury.study.sheet.space_file import SpaceFile, read_space_file, render_space_file, space_path
from augury.study.sheet.table import Table

NAMES = st.text("abc XYZ°(%).'\"#=[]äß", min_size=1, max_size=8).map(str.strip).filter(bool)
PARAMETERS = st.one_of(
    st.integers(-50, 50).map(lambda low: Int(low, low + 20, step=5)),
    st.integers(1, 50).map(lambda low: Float(low / 8, low + 1.0, log=True)),
    st.integers(-50, 50).map(lambda low: Float(low / 10, low / 10 + 2, step=0.1)),
    st.lists(st.text(min_size=1, max_size=5), min_size=2, max_size=4, unique=True).map(Categorical),
    st.one_of(st.integers(-5, 5), st.booleans(), st.text(max_size=5)).map(Fixed),
)


@st.composite
def files(draw: st.DrawFn) -> SpaceFile:
    parameters: dict[str, Parameter] = {
        "free": Int(0, 10),
        **draw(st.dictionaries(NAMES, PARAMETERS, max_size=4)),
    }
    ignore = draw(st.lists(NAMES.filter(lambda name: name not in parameters), max_size=3))
    return SpaceFile(parameters, ["free <= 8"], ignore, {"solvent": Path("tables/solvents.csv")})


def _table(parameters: dict[str, Parameter]) -> Table:
    columns: dict[str, list[Cell]] = {name: [parse_cell("1"), parse_cell("2")] for name in parameters}
    return Table(Path("t.csv"), columns, [2, 3])


@given(files())
def test_what_is_written_reads_back_equal(tmp_path_factory: pytest.TempPathFactory, file: SpaceFile) -> None:
    folder = tmp_path_factory.mktemp("space")
    path = folder / "t.space.toml"
    descriptors = {name: folder / source for name, source in file.descriptors.items()}
    written = SpaceFile(file.parameters, file.constraints, file.ignore, descriptors)
    path.write_text(render_space_file(written, _table(file.parameters), ["y"], path), encoding="utf-8")
    assert read_space_file(path) == written


def test_it_stands_beside_the_table() -> None:
    assert space_path(Path("lab/experiments.csv")) == Path("lab/experiments.space.toml")


def test_it_says_what_was_seen() -> None:
    sheet = Table(Path("t.csv"), {"T": [parse_cell("60"), parse_cell("80")]}, [2, 3])
    text = render_space_file(SpaceFile({"T": Int(60, 80, step=5)}), sheet, ["y"], Path("t.space.toml"))
    assert "T = {low = 60, high = 80, step = 5} # seen: 2 values, 60 to 80" in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[space]\nT = {low = 1, high = \n", "line 2"),
        ("[space]\nT = {low = 5, high = 1}\n", "'T'.*low=5"),
        ("[ignore]\ncolumns = []\n", r"no \[space\]"),
        ("[spice]\n", "'spice' is unknown"),
        ("[space]\nT = {low = 1, high = 2}\n[ignore]\ncolumn = ['a']\n", r"\[ignore\]"),
        ("[space]\nT = {low = 1, high = 2}\n[ignore]\ncolumns = ['T']\n", r"'T' stands under \[space\] and"),
        ("[space]\nT = {low = 1, high = 2}\n[descriptors]\nT = 1\n", r"\[descriptors\]"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "t.space.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInputError, match=message) as error:
        read_space_file(path)
    assert "t.space.toml" in str(error.value)


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.space.toml"
    path.write_bytes("[space]\n# ä".encode("cp1252"))
    with pytest.raises(InvalidInputError, match="UTF-8"):
        read_space_file(path)
