"""The shipped Suzuki-Miyaura table is the published one, under names that fit its structures."""

from __future__ import annotations

import hashlib
import os
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from augury.datasets import load_suzuki, suzuki_couplings, suzuki_species, suzuki_table
from augury.errors import InvalidInputError

# Of the yields in percent with six decimals, one a line, sorted by the five SMILES of their row; computed
# from the table as gauche distributes it.
ORIGINAL_SHA256 = "746e855f5c9841e801a1d98223d8a4f82ca652f5a89eaf48c3bd376b0f6a1ffa"
SMILES_COLUMNS = [
    "reactant_1_smiles",
    "reactant_2_smiles",
    "ligand_smiles",
    "reagent_1_smiles",
    "solvent_1_smiles",
]


def shipped_table() -> pd.DataFrame:
    """The shipped table with SMILES instead of names: five SMILES columns and the yield in percent."""
    frame = load_suzuki()
    frame[["reactant_1", "reactant_2"]] = frame["reactant_pair"].str.split(" + ", regex=False, expand=True)
    roles = ["reactant_1", "reactant_2", "ligand", "base", "solvent"]
    smiles = suzuki_species().set_index(["role", "name"])["smiles"]
    columns = {
        column: frame[role].map(smiles[role]) for role, column in zip(roles, SMILES_COLUMNS, strict=True)
    }
    return pd.DataFrame({**columns, "yield": frame["yield"]})


def original_table(directory: str) -> pd.DataFrame:
    frame = pd.read_csv(Path(directory) / "suzuki_miyaura.csv", keep_default_na=False)
    frame["yield"] = frame["yield"].astype(float) * 100.0
    return frame[[*SMILES_COLUMNS, "yield"]]


TABLES = {"shipped": shipped_table}
if os.environ.get("AUGURY_DATA"):
    TABLES["original"] = lambda: original_table(os.environ["AUGURY_DATA"])


@pytest.mark.parametrize("source", TABLES)
def test_yields_have_the_checksum_of_the_original_table(source: str) -> None:
    rows = sorted(TABLES[source]().itertuples(index=False, name=None))
    text = "\n".join(f"{row[-1]:.6f}" for row in rows)
    assert hashlib.sha256(text.encode()).hexdigest() == ORIGINAL_SHA256


def test_table_is_the_full_factorial_without_gaps() -> None:
    frame = load_suzuki()
    assert list(frame.columns) == ["reactant_pair", "ligand", "base", "solvent", "yield"]
    factors = frame.drop(columns="yield")
    assert factors.nunique().to_list() == [15, 12, 8, 4]
    assert len(frame) == 15 * 12 * 8 * 4 == len(factors.drop_duplicates())
    assert frame["yield"].between(0.0, 100.0).all()
    assert frame["yield"].max() == 100.0


def test_every_coupling_joins_an_electrophile_with_a_boron_compound() -> None:
    boron = ("B(OH)2", "Bpin", "BF3K")
    for pair in suzuki_couplings():
        quinoline, indazole = pair.split(" + ")
        assert quinoline.endswith(boron) != indazole.endswith(boron)


FRAGMENTS = {
    ("reactant_1", "quinoline-OTf"): "OS(C(F)(F)F)(=O)=O",
    ("reactant_1", "quinoline-BF3K"): "(F)(F)F.[K+]",
    ("reactant_2", "indazole-Br"): "Br",
    ("ligand", "AmPhos"): "N(C)C",
    ("ligand", "dtbpf"): "[Fe]",
    ("ligand", "dppf"): "[Fe+2]",
    ("ligand", "CataCXium A"): "CCCCP",
    ("ligand", "SPhos"): "OC",
    ("base", "LiOtBu"): "[Li+]",
    ("base", "CsF"): "[Cs+]",
    ("base", "NaHCO3"): "OC([O-])=O",
    ("base", "KOH"): "[OH-]",
    ("solvent", "MeCN"): "CC#N",
}


@pytest.mark.parametrize(("role", "name"), FRAGMENTS)
def test_names_fit_their_structures(role: str, name: str) -> None:
    smiles = suzuki_species().set_index(["role", "name"])["smiles"]
    assert FRAGMENTS[role, name] in smiles[role, name]


def test_none_is_the_one_species_without_a_structure() -> None:
    species = suzuki_species()
    assert set(species[species["smiles"] == ""]["name"]) == {"none"}
    assert not species.duplicated(["role", "name"]).any()


def test_shipped_files_are_small_and_name_source_and_licence() -> None:
    directory = files("augury.datasets")
    assert len(directory.joinpath("suzuki_miyaura.csv.gz").read_bytes()) < 40_000
    header = directory.joinpath("suzuki_species.csv").read_text(encoding="utf-8")
    assert "10.1126/science.aap9112" in header
    assert "MIT License" in header
    assert "Permission is hereby granted" in directory.joinpath("suzuki_miyaura.LICENSE.txt").read_text()


@pytest.mark.parametrize("coupling", range(1, 16))
def test_couplings_partition_the_table(coupling: int) -> None:
    frame = load_suzuki()
    pair = suzuki_couplings()[coupling - 1]
    table = suzuki_table(coupling)
    assert len(table) == 384
    assert table.factors == ["ligand", "base", "solvent"]
    assert table.best == frame[frame["reactant_pair"] == pair]["yield"].max()


@pytest.mark.parametrize("coupling", [0, 16, -1, 2.0, True, "3"])
def test_a_coupling_that_is_not_there_is_refused(coupling: object) -> None:
    with pytest.raises(InvalidInputError, match="from 1 to 15"):
        suzuki_table(coupling)  # type: ignore[arg-type]


def test_descriptors_change_the_inputs_but_not_the_answers() -> None:
    plain, described = suzuki_table(3), suzuki_table(3, descriptors=True)
    assert described.factors == plain.factors
    np.testing.assert_array_equal(described.frame["yield"], plain.frame["yield"])
    assert len(described.space.descriptors) == 3
    assert not plain.space.descriptors


def test_the_whole_table_has_the_reactants_as_factors_of_their_own() -> None:
    table = suzuki_table()
    assert table.factors == ["quinoline", "indazole", "ligand", "base", "solvent"]
    assert len(table) == table.space.size == 5760
    pairs = table.frame["quinoline"] + " + " + table.frame["indazole"]
    assert set(pairs) == set(suzuki_couplings())
