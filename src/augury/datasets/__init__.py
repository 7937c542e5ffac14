"""Real data: measured tables to optimise over, each with its source.

- `suzuki`: 5,760 Suzuki-Miyaura couplings, shipped with the package
- `lab_tables`: laboratory tables read from the directory that `AUGURY_DATA` names
- `meshes`: points of scanned surfaces, likewise
- `tf_bind_8`, `rna_binding`: sequences and how strongly they bind (the first is shipped)
- `synthesised_networks`: quantised networks and what a synthesiser made of them (shipped)
- `lookup_table`: a measured table as a Space, a goal and a function
"""

from __future__ import annotations

from augury.datasets.lab_tables import LAB_TABLES, load_lab_table
from augury.datasets.lookup_table import LookupTable
from augury.datasets.meshes import load_mesh_vertices
from augury.datasets.suzuki import load_suzuki, suzuki_couplings, suzuki_species, suzuki_table
from augury.datasets.suzuki_descriptors import suzuki_descriptors

__all__ = [
    "LAB_TABLES",
    "LookupTable",
    "load_lab_table",
    "load_mesh_vertices",
    "load_suzuki",
    "suzuki_couplings",
    "suzuki_descriptors",
    "suzuki_species",
    "suzuki_table",
]
