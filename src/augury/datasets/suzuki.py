"""The Suzuki-Miyaura table: 5,760 measured couplings, every combination of 15 reactant pairs, 12 ligands,
8 bases and 4 solvents.

Source: D. Perera et al., A platform for automated nanomole-scale reaction screening and micromole-scale
synthesis in flow, Science 359, 429-434 (2018), doi:10.1126/science.aap9112; the table is the one in the
package gauche (MIT License, see suzuki_miyaura.LICENSE.txt beside this file). Catalyst palladium acetate
throughout; each solvent was used with water.
"""

from __future__ import annotations

import gzip
from importlib.resources import files
from io import StringIO
from itertools import takewhile

import pandas as pd

from augury.datasets.lookup_table import LookupTable
from augury.datasets.suzuki_descriptors import suzuki_descriptors
from augury.errors import InvalidInputError

SUZUKI_SOURCE = "Perera et al., Science 359, 429-434 (2018)"
N_COUPLINGS = 15


def load_suzuki() -> pd.DataFrame:
    """The measured couplings.

    Returns:
        5,760 rows; `reactant_pair`, `ligand`, `base`, `solvent` (names; "none" where none was added) and
        `yield` in percent (0 to 100, the source's value to 6 decimals).
    """
    text = gzip.decompress(_package_file("suzuki_miyaura.csv.gz")).decode()
    wide = _read_csv(text)
    solvents = list(wide.columns[4:])
    wide.insert(0, "reactant_pair", wide["reactant_1"] + " + " + wide["reactant_2"])
    factors = ["reactant_pair", "ligand", "base"]
    long = wide.melt(factors, solvents, var_name="solvent", value_name="yield")
    return long.astype({"yield": float})


def suzuki_species() -> pd.DataFrame:
    """What each name in the table stands for: `role`, `name`, `substance`, `smiles` (empty: none added)."""
    return _read_csv(_package_file("suzuki_species.csv").decode())


def suzuki_couplings() -> list[str]:
    """The 15 reactant pairs; coupling K of `suzuki_table` is the K-th of them, counted from 1."""
    return list(load_suzuki()["reactant_pair"].unique())


def suzuki_table(coupling: int | None = None, *, descriptors: bool = False) -> LookupTable:
    """The couplings as a table to optimise: the yield, to be maximised.

    The whole table has the two reactants as factors of their own, as its source does: a model then sees that
    two pairs share one.

    Args:
        coupling: None for all 5,760 experiments, or 1 to 15 for the 384 of one reactant pair.
        descriptors: whether the properties of `suzuki_descriptors` are given to the model.

    Raises:
        InvalidInputError: a coupling that is not an integer from 1 to 15.
    """
    frame = load_suzuki()
    if coupling is not None:
        if not isinstance(coupling, int) or isinstance(coupling, bool) or not 1 <= coupling <= N_COUPLINGS:
            raise InvalidInputError(
                f"there is no coupling {coupling!r}; choose an integer from 1 to {N_COUPLINGS}"
            )
        pair = frame["reactant_pair"].unique()[coupling - 1]
        frame = frame[frame["reactant_pair"] == pair]
    reactants = frame.pop("reactant_pair").str.split(" + ", regex=False, expand=True)
    if coupling is None:
        frame.insert(0, "quinoline", reactants[0])
        frame.insert(1, "indazole", reactants[1])
    properties = suzuki_descriptors() if descriptors else None
    return LookupTable(frame, "yield", maximize=True, descriptors=properties)


def _package_file(name: str) -> bytes:
    return files("augury.datasets").joinpath(name).read_bytes()


def _read_csv(text: str) -> pd.DataFrame:
    """A CSV after its leading comment lines; "#" further down is a triple bond, not a comment."""
    lines = text.splitlines()
    skip = sum(1 for _ in takewhile(lambda line: line.startswith("#"), lines))
    return pd.read_csv(StringIO(text), skiprows=skip, keep_default_na=False)
