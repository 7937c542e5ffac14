"""Real tables of numbers that reproductions predict: scikit-learn's, and those of `AUGURY_DATA` if set."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes

Array = np.ndarray


def regression_tables() -> Iterator[tuple[str, Array, Array]]:
    """Name, inputs in the unit cube by the table's bounds, and outcomes."""
    for name, X, y in _tables():
        low, span = X.min(axis=0), np.ptp(X, axis=0)
        yield name, (X - low) / np.where(span > 0, span, 1.0), y


def _tables() -> Iterator[tuple[str, Array, Array]]:
    yield "diabetes", *load_diabetes(return_X_y=True)
    if "AUGURY_DATA" not in os.environ:
        return
    folder = Path(os.environ["AUGURY_DATA"])
    concrete = folder / "regression" / "concrete.csv"
    if concrete.is_file():
        values = pd.read_csv(concrete).to_numpy(dtype=float)
        yield "concrete", values[:, :-1], values[:, -1]
    for name in ("colors_n9", "photo_wf3", "alkox"):
        path = folder / "lab_tables" / f"{name}__data.csv"
        if path.is_file():
            values = pd.read_csv(path, header=None).to_numpy(dtype=float)
            yield name, values[:, :-1], values[:, -1]
