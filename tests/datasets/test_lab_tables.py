"""Laboratory tables are read from AUGURY_DATA, and their absence is explained."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from augury.datasets import LAB_TABLES, load_lab_table
from augury.errors import InvalidInputError

SMALL_FILES = {
    "lab_tables/alkox__data.csv": "0.05,0.5,2.0,6.0,5.5\n0.05,0.5,2.0,6.0,6.5\n1.0,10.0,8.0,8.0,90.0\n",
    "lab_tables/colors_n9__data.csv": "0.1,0.8,0.9,0.12\n0.9,0.2,0.1,0.35\n",
    "lab_tables/photo_wf3__data.csv": "1.0,0.0,0.0,0.0,0.19\n0.5,0.5,0.0,0.0,0.68\n",
    "direct_arylation.csv": "\ufeffentry,Base_SMILES,Ligand_SMILES,Solvent_SMILES,Concentration,Temp_C,yield,"
    "Base,Ligand,Solvent\n0,x,y,z,0.1,105,5.47,KOAc,XPhos,DMAc\n1,x,y,w,0.1,105,0,KOAc,XPhos,BuOAc\n",
}
BEST_OF_SMALL = {"alkox": 90.0, "colors_n9": 0.12, "photo_wf3": 0.19, "direct_arylation": 5.47}
# rows after replicates are merged, best outcome: of the published tables
PUBLISHED = {
    "alkox": (104, 4),
    "colors_n9": (102, 3),
    "photo_wf3": (1020, 4),
    "direct_arylation": (1728, 5),
}
DATA_DIRECTORIES = [os.environ["AUGURY_DATA"]] if os.environ.get("AUGURY_DATA") else []


@pytest.fixture
def small_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "lab_tables").mkdir()
    for name, text in SMALL_FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("AUGURY_DATA", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", LAB_TABLES)
def test_table_is_read_with_its_goal_and_its_rows(small_data: Path, name: str) -> None:
    table = load_lab_table(name)
    assert len(table) == 2
    assert table.best == BEST_OF_SMALL[name]
    assert table.rank(table.best) == 1


def test_published_tables_have_their_published_size() -> None:
    sizes = {
        name: (len(table), len(table.factors))
        for _ in DATA_DIRECTORIES
        for name in LAB_TABLES
        for table in [load_lab_table(name)]
    }
    assert sizes == (PUBLISHED if DATA_DIRECTORIES else {})


@pytest.mark.parametrize("name", LAB_TABLES)
def test_absent_data_are_explained(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUGURY_DATA", raising=False)
    with pytest.raises(InvalidInputError, match="set AUGURY_DATA"):
        load_lab_table(name)
    monkeypatch.setenv("AUGURY_DATA", str(tmp_path))
    with pytest.raises(InvalidInputError, match="in AUGURY_DATA"):
        load_lab_table(name)
    monkeypatch.setenv("AUGURY_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(InvalidInputError, match="not a directory"):
        load_lab_table(name)


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="choose one of alkox"):
        load_lab_table("nothing")
