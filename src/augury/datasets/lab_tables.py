"""Measured laboratory tables, read from `AUGURY_DATA`."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from augury.datasets.data_directory import data_file
from augury.datasets.lookup_table import LookupTable
from augury.errors import InvalidInputError

_OLYMPUS = "the Olympus benchmark (https://github.com/aspuru-guzik-group/olympus)"
_BAYBE = "the BayBE repository (https://github.com/emdgroup/baybe), benchmark data of direct arylation"


def load_alkox() -> LookupTable:
    """Oxidation of benzyl alcohol by a copper radical oxidase: 104 settings, two rows each -> conversion.

    Source: Haese et al., Olympus, Mach. Learn.: Sci. Technol. 2, 035021 (2021). The columns are named as in
    that benchmark's documentation (concentrations in micromolar); the config file that comes with the table
    names the factors of another experiment, whose bounds the data do not fit.
    """
    return _olympus("alkox", ["catalase", "peroxidase", "alcohol_oxidase", "pH", "conversion"], maximize=True)


def load_colors() -> LookupTable:
    """Mixing of red, green and blue dye: 102 measurements -> distance to a target green, to be minimised.

    Source: Haese et al., Olympus, Mach. Learn.: Sci. Technol. 2, 035021 (2021), table `colors_n9`.
    """
    return _olympus("colors_n9", ["red", "green", "blue", "difference_to_green"], maximize=False)


def load_photo() -> LookupTable:
    """Quaternary blends of organic photovoltaic materials (fractions sum to 1): 1,040 measurements of 1,020
    blends -> photo-degradation, to be minimised.

    Source: Langner et al., Advanced Materials 32, 1907801 (2020), table `photo_wf3` of Olympus.
    """
    return _olympus("photo_wf3", ["WF3", "P3HT", "PCBM", "oIDTBR", "degradation"], maximize=False)


def load_direct_arylation() -> LookupTable:
    """Palladium-catalysed direct arylation: 1,728 measured combinations of base, ligand, solvent,
    concentration (mol/L) and temperature (Celsius) -> yield in percent.

    Source: Shields et al., Nature 590, 89-96 (2021).
    """
    frame = pd.read_csv(data_file("direct_arylation.csv", source=_BAYBE), encoding="utf-8-sig")
    columns = {
        "Base": "base",
        "Ligand": "ligand",
        "Solvent": "solvent",
        "Concentration": "concentration",
        "Temp_C": "temperature",
        "yield": "yield",
    }
    frame = frame[list(columns)].rename(columns=columns).astype({"temperature": float, "yield": float})
    return LookupTable(frame, "yield", maximize=True)


LAB_TABLES: dict[str, Callable[[], LookupTable]] = {
    "alkox": load_alkox,
    "colors_n9": load_colors,
    "photo_wf3": load_photo,
    "direct_arylation": load_direct_arylation,
}


def load_lab_table(name: str) -> LookupTable:
    """One of the tables in `LAB_TABLES` by its name.

    Raises:
        InvalidInputError: no table has that name, or its file is not below `AUGURY_DATA`.
    """
    if name not in LAB_TABLES:
        raise InvalidInputError(f"there is no lab table {name!r}; choose one of {', '.join(LAB_TABLES)}")
    return LAB_TABLES[name]()


def _olympus(name: str, columns: list[str], *, maximize: bool) -> LookupTable:
    path = data_file(f"lab_tables/{name}__data.csv", source=_OLYMPUS)
    frame = pd.read_csv(path, header=None, names=columns, dtype=float)
    return LookupTable(frame, columns[-1], maximize=maximize)
