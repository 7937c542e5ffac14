"""Inference: the inferred space contains every row of the table it came from."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.space.parameters import Categorical, Fixed, Float, Int
from augury.space.space import Space
from augury.study.sheet.cells import Cell, parse_cell
from augury.study.sheet.encoding import value_of
from augury.study.sheet.inference import dressed_numbers, infer
from augury.study.sheet.table import Table


def table(columns: dict[str, list[Cell]]) -> Table:
    return Table(Path("t.csv"), columns, list(range(2, 2 + len(next(iter(columns.values()))))))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    n = draw(st.integers(2, 12))
    columns: dict[str, list[Cell]] = {}
    for j in range(draw(st.integers(1, 4))):
        decimals = draw(st.integers(0, 3))
        digits = draw(st.lists(st.integers(-3000, 3000), min_size=n, max_size=n))
        columns[f"x{j}"] = [parse_cell(f"{Decimal(digit).scaleb(-decimals):f}") for digit in digits]
    choices = st.sampled_from(["DMF", "DMAc", "toluene"])
    columns["solvent"] = list(draw(st.lists(choices, min_size=n, max_size=n)))
    columns["dry"] = list(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    columns["varies"] = [parse_cell(f"{i % 2 + 0.5}") for i in range(n)]
    columns["yield"] = [parse_cell(str(i)) for i in range(n)]
    return table(columns)


@given(tables())
def test_the_inferred_space_contains_every_row_exactly(sheet: Table) -> None:
    inference = infer(sheet, ["yield"])
    space = Space(inference.parameters)
    assert set(inference.parameters) | set(inference.aside) | {"yield"} == set(sheet.columns)
    for row in range(sheet.n):
        params = {name: value_of(sheet.columns[name][row], p) for name, p in inference.parameters.items()}
        assert space.validate(params) == params
        assert space.decode(space.encode([params])) == [params]


@given(tables())
def test_bounds_are_those_seen(sheet: Table) -> None:
    for name, parameter in infer(sheet, ["yield"]).parameters.items():
        if isinstance(parameter, (Float, Int)):
            values = [value_of(cell, parameter) for cell in sheet.columns[name]]
            assert (parameter.low, parameter.high) == (min(values), max(values))


def cells(text: str) -> list[Cell]:
    return [parse_cell(part) for part in text.split("|")]


def test_every_kind_of_column() -> None:
    sheet = table(
        {
            "T": cells("60|80|100|120|60"),
            "t": cells("0.5|1|2.5|10|1"),
            "cat": cells("0.001|0.01|0.1|1|0.01"),
            "solvent": cells("DMF|THF|DMF|THF|DMF"),
            "p": cells("1|1|1|1|1"),
            "gas": cells("N2|N2|N2|N2|N2"),
            "dry": [True, False, True, True, False],
            "yield": cells("1|2|3|4|"),
        }
    )
    assert infer(sheet, ["yield"]).parameters == {
        "T": Int(60, 120, step=10),
        "t": Float(0.5, 10, step=0.5),
        "cat": Float(0.001, 1, log=True),
        "solvent": Categorical(["DMF", "THF"]),
        "p": Fixed(1),
        "gas": Fixed("N2"),
        "dry": Categorical([True, False]),
    }


def test_measured_settings_get_bounds_that_enclose_them() -> None:
    x = infer(table({"x": cells("0.0020339|0.99519660|0.5"), "y": cells("1|2|3")}), ["y"]).parameters["x"]
    assert isinstance(x, Float)
    assert x.low <= 0.0020339 < 0.9951966 <= x.high
    assert x.step == 0.0001


def test_when_nothing_varies_the_ranges_are_guesses() -> None:
    inference = infer(table({"T": cells("80|80"), "gas": cells("N2|N2"), "y": cells("1|2")}), ["y"])
    assert inference.guessed == ("T",)
    assert inference.parameters == {"T": Int(40, 160, step=10), "gas": Fixed("N2")}


@pytest.mark.parametrize("value", ["0", "-3", "0.05", "0.01", "1", "-0.7", "123456", "1e-6"])
def test_a_guess_contains_the_value_inside_its_bounds(value: str) -> None:
    parameter = infer(table({"x": cells(value), "y": cells("1")}), ["y"]).parameters["x"]
    assert isinstance(parameter, (Float, Int))
    assert parameter.low <= float(value) < parameter.high
    if len(value.strip("-0.")) == 1:  # one digit: on the grid as well
        steps = (float(value) - parameter.low) / (parameter.step or 1)
        assert steps == pytest.approx(round(steps))


def test_nothing_to_vary_is_an_error() -> None:
    with pytest.raises(InvalidInputError, match="same value in all rows"):
        infer(table({"gas": cells("N2|N2"), "y": cells("1|2")}), ["y"])


def test_text_among_numbers_is_an_error_with_its_place() -> None:
    with pytest.raises(InvalidInputError, match=r"row 4, column 'T': '8O' is not a number"):
        infer(table({"T": cells("60|70|8O|90"), "y": cells("1|2|3|4")}), ["y"])


def test_an_empty_cell_is_an_error_with_its_place() -> None:
    with pytest.raises(InvalidInputError, match=r"row 3, column 'T': the cell is empty"):
        infer(table({"T": cells("60||60"), "y": cells("1|2|3")}), ["y"])


@pytest.mark.parametrize("numbers", ["1e300|2e300|3e300", "1e300|1e300|1e300", "1e-300|2e-300|5e-300"])
def test_numbers_that_are_no_range_are_an_error_with_their_column(numbers: str) -> None:
    with pytest.raises(InvalidInputError, match=r"t\.csv, column 'T': bounds .* too extreme.*--ignore 'T'"):
        infer(table({"T": cells(numbers), "y": cells("1|2|3")}), ["y"])


def test_numbers_that_are_mostly_names_are_choices() -> None:
    ligand = infer(table({"ligand": cells("1|3a|3b|3a|1"), "y": cells("1|2|3|4|5")}), ["y"]).parameters[
        "ligand"
    ]
    assert ligand == Categorical(["1", "3a", "3b"])


@pytest.mark.parametrize(
    ("texts", "is_told"),
    [
        (["1.000", "1.250,5", "950"], True),
        (["5 %", "7,5 %", "10%"], True),
        (["1 000", "12 500", "1\u00a0500"], True),
        (["950", "1000", "1250"], False),
        (["5 %", "DMF", "10 %"], False),
        (["01.02.2024", "02.02.2024", "03.02.2024"], False),
        (["10% Pd/C", "5% Pd/C", "Pt"], False),
    ],
)
def test_numbers_that_count_as_text_are_told(texts: list[str], is_told: bool) -> None:
    sheet = table({"p": [parse_cell(text, ",") for text in texts]})
    notes = dressed_numbers(sheet, ["p"])
    assert len(notes) == is_told
    assert all(note.startswith("p counts as text") for note in notes)
