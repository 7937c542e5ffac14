"""Properties of the ligands, bases and solvents of the Suzuki-Miyaura table, each with its source."""

from __future__ import annotations

import pandas as pd

# Counted from the structures, the molar mass computed from their SMILES (suzuki_species.csv) with RDKit.
# "tertiary": the P-bound carbon carries three other carbons; "biaryl": a dialkylbiarylphosphine (Buchwald
# ligand). Tolman's cone angles are left out: they exist for 4 of the 12.
_LIGAND_COLUMNS = [
    "phosphorus atoms",
    "alkyl groups on P",
    "tertiary alkyl groups on P",
    "biaryl",
    "ferrocene",
    "molar mass",
]
_LIGANDS: dict[str, tuple[float, ...]] = {
    "P(tBu)3": (1, 3, 3, 0, 0, 202.32),
    "PPh3": (1, 0, 0, 0, 0, 262.29),
    "AmPhos": (1, 2, 2, 0, 0, 265.38),
    "P(Cy)3": (1, 3, 0, 0, 0, 280.44),
    "P(o-Tol)3": (1, 0, 0, 0, 0, 304.37),
    "CataCXium A": (1, 3, 2, 0, 0, 358.55),
    "SPhos": (1, 2, 0, 1, 0, 410.54),
    "dtbpf": (2, 2, 2, 0, 1, 474.43),
    "XPhos": (1, 2, 0, 1, 0, 476.73),
    "dppf": (2, 0, 0, 0, 1, 554.39),
    "Xantphos": (2, 0, 0, 0, 0, 578.63),
    "none": (0, 0, 0, 0, 0, 0.0),
}

# pKa of the conjugate acid in water at 25 C: CRC Handbook of Chemistry and Physics (H2CO3 6.35, HF 3.20,
# HPO4(2-) 12.32, Et3NH+ 10.75); hydroxide: pKw 14.0; tert-butanol: about 18 (a weaker acid than water;
# sources differ by more than a unit); "none": water is the base left, H3O+ 0.0. Ionic radius of the cation
# in angstrom, coordination number 6: Shannon, Acta Cryst. A32, 751 (1976), as in the package mendeleev; 0
# where there is no metal. Charge of the basic anion.
_BASE_COLUMNS = ["pKa of conjugate acid", "cation radius", "anion charge"]
_BASES: dict[str, tuple[float, ...]] = {
    "NaOH": (14.0, 1.02, 1),
    "NaHCO3": (6.35, 1.02, 1),
    "CsF": (3.20, 1.67, 1),
    "K3PO4": (12.32, 1.38, 3),
    "KOH": (14.0, 1.38, 1),
    "LiOtBu": (18.0, 0.76, 1),
    "Et3N": (10.75, 0.0, 0),
    "none": (0.0, 0.0, 0),
}

# Relative permittivity (20 C; THF 22 C) and boiling point in C: CRC Handbook of Chemistry and Physics, as
# in the package chemicals; dipole moment in debye: the same handbook. ET(30) in kcal/mol: Reichardt, Chem.
# Rev. 94, 2319 (1994). All of the pure organic solvent.
_SOLVENT_COLUMNS = ["relative permittivity", "boiling point", "dipole moment", "ET(30)"]
_SOLVENTS: dict[str, tuple[float, ...]] = {
    "MeCN": (36.64, 81.6, 3.92, 45.6),
    "THF": (7.52, 66.0, 1.75, 37.4),
    "DMF": (38.25, 152.8, 3.82, 43.2),
    "MeOH": (33.0, 64.5, 1.70, 55.4),
}


def suzuki_descriptors() -> dict[str, pd.DataFrame]:
    """Well-known properties of the species in the Suzuki-Miyaura table.

    Returns:
        `ligand`, `base` and `solvent`: one row per name in the table ("none" included), one column per
        property. Ligands: counted from the structure, molar mass in g/mol. Bases: pKa of the conjugate acid
        in water, radius of the cation in angstrom, charge of the anion. Solvents: relative permittivity,
        boiling point in Celsius, dipole moment in debye and ET(30) in kcal/mol. The sources stand at the
        values.
    """
    return {
        "ligand": _frame("ligand", _LIGANDS, _LIGAND_COLUMNS),
        "base": _frame("base", _BASES, _BASE_COLUMNS),
        "solvent": _frame("solvent", _SOLVENTS, _SOLVENT_COLUMNS),
    }


def _frame(name: str, rows: dict[str, tuple[float, ...]], columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype=float)
    return frame.rename_axis(name)
