"""Descriptor tables: every choice gets its numbers, in the order of the choices."""

from pathlib import Path

import pytest

from augury.errors import InvalidInputError
from augury.space.parameters import Categorical, Fixed, Int
from augury.study.sheet.descriptors import describe

PARAMETERS = {"T": Int(60, 120), "solvent": Categorical(["THF", "DMF"])}


def write(tmp_path: Path, content: str) -> dict[str, Path]:
    path = tmp_path / "solvents.csv"
    path.write_text(content, encoding="utf-8")
    return {"solvent": path}


def test_numbers_follow_the_choices_and_text_is_left_out(tmp_path: Path) -> None:
    files = write(tmp_path, "CAS;solvent;polarity;bp\n1;DMF;36,7;153\nx;THF;7,6;66\ny;DCM;8,9;40\n")
    parameters, notes = describe(PARAMETERS, files)
    solvent = parameters["solvent"]
    assert isinstance(solvent, Categorical)
    assert parameters["T"] == PARAMETERS["T"]
    assert solvent.descriptors is not None
    assert "polarity" in solvent.descriptors.names
    assert dict(zip(solvent.descriptors.names, solvent.descriptors.columns, strict=True))["bp"] == (
        66.0,
        153.0,
    )
    assert "describes 1 more" in notes[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("solvent,bp\nDMF,153\n", "no row for 'THF'"),
        ("solvent,bp\nDMF,153\nTHF,66\nTHF,67\n", "two rows for 'THF'"),
        ("solvent,bp\nDMF,153\nTHF,\n", "row 3, column 'bp'"),
        ("solvent,kind\nDMF,amide\nTHF,ether\n", "no column of numbers"),
    ],
)
def test_incomplete_tables_are_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        describe(PARAMETERS, write(tmp_path, content))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("T", "a setting of numbers"), ("gas", "always 'N2'"), ("base", "not a setting")],
)
def test_only_choices_can_be_described(tmp_path: Path, name: str, kind: str) -> None:
    files = write(tmp_path, "solvent,bp\nDMF,153\nTHF,66\n")
    parameters = PARAMETERS | {"gas": Fixed("N2")}
    with pytest.raises(InvalidInputError, match=f"{name!r} is {kind}.* these are 'solvent'"):
        describe(parameters, {name: files["solvent"]})
    del parameters["solvent"]
    with pytest.raises(InvalidInputError, match=f"{name!r} is {kind}.* there are none here"):
        describe(parameters, {name: files["solvent"]})
