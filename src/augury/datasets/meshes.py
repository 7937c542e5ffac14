"""Points of scanned surfaces, read from `AUGURY_DATA`."""

from __future__ import annotations

import numpy as np

from augury.datasets.data_directory import data_file
from augury.errors import InvalidInputError

_STANFORD = "the Stanford 3D scanning repository, as an .obj file"


def load_mesh_vertices(name: str = "bunny") -> np.ndarray:
    """The vertices (`n x 3`) of `meshes/<name>.obj`; "bunny" is the Stanford bunny with 2,503 of them.

    Raises:
        InvalidInputError: the file is not below `AUGURY_DATA`, or has no vertices.
    """
    path = data_file(f"meshes/{name}.obj", source=_STANFORD)
    lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    vertices = [line.split()[1:4] for line in lines if line.startswith("v ")]
    if not vertices:
        raise InvalidInputError(f"{path} has no vertices (lines that begin with 'v ')")
    return np.array(vertices, dtype=np.float64)
