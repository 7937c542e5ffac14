"""Meshes are read from AUGURY_DATA."""

from __future__ import annotations

import numpy as np
import pytest

from augury.datasets import load_mesh_vertices
from augury.errors import InvalidInputError


def test_the_vertices_of_a_mesh_are_read(tmp_path, monkeypatch):
    (tmp_path / "meshes").mkdir()
    (tmp_path / "meshes" / "two.obj").write_text("# two points\nv 0.5 -1 2e-1\nvn 0 0 1\nv 1 2 3\nf 1 2 1\n")
    (tmp_path / "meshes" / "none.obj").write_text("# nothing\n")
    monkeypatch.setenv("AUGURY_DATA", str(tmp_path))
    np.testing.assert_array_equal(load_mesh_vertices("two"), [[0.5, -1.0, 0.2], [1.0, 2.0, 3.0]])
    with pytest.raises(InvalidInputError, match="no vertices"):
        load_mesh_vertices("none")
    with pytest.raises(InvalidInputError, match="AUGURY_DATA"):
        load_mesh_vertices("absent")
