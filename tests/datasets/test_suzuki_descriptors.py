"""Every species has every property, and the properties fit the structures."""

from __future__ import annotations

import numpy as np
import pytest

from augury.datasets import load_suzuki, suzuki_descriptors, suzuki_species


@pytest.mark.parametrize("factor", ["ligand", "base", "solvent"])
def test_every_name_has_one_complete_row_of_its_own(factor: str) -> None:
    table = suzuki_descriptors()[factor]
    assert set(table.index) == set(load_suzuki()[factor])
    assert table.index.is_unique
    assert np.isfinite(table.to_numpy()).all()
    assert not table.duplicated().any()
    assert (table.nunique() > 1).all()


def test_ligand_counts_are_those_of_the_structures() -> None:
    species = suzuki_species()
    smiles = species[species["role"] == "ligand"].set_index("name")["smiles"]
    table = suzuki_descriptors()["ligand"].loc[smiles.index]
    np.testing.assert_array_equal(table["phosphorus atoms"], smiles.str.count("P"))
    np.testing.assert_array_equal(table["ferrocene"], smiles.str.contains("Fe").astype(float))
    assert (table["tertiary alkyl groups on P"] <= table["alkyl groups on P"]).all()
    assert (table["alkyl groups on P"] <= 3).all()


def test_base_rows_fit_their_ions() -> None:
    table = suzuki_descriptors()["base"]
    assert table.loc["NaOH", "cation radius"] == table.loc["NaHCO3", "cation radius"]
    assert table.loc["KOH", "cation radius"] == table.loc["K3PO4", "cation radius"]
    assert table.loc["NaOH", "pKa of conjugate acid"] == table.loc["KOH", "pKa of conjugate acid"]
    radii = table.loc[["LiOtBu", "NaOH", "KOH", "CsF"], "cation radius"]
    assert radii.is_monotonic_increasing
