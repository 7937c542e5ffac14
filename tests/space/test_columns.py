from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from hypothesis import given

from augury.space.parameters import Categorical
from augury.space.space import Space
from tests.space.cases import MIXED
from tests.space.strategies import spaces


def test_columns_describe_the_encoding() -> None:
    assert MIXED.names == ["x", "n", "solvent", "rate", "layers", "pressure"]
    assert MIXED.columns == ["x", "n", "solvent", "rate", "layers"]
    assert MIXED.categorical_features == [2]
    assert MIXED.cardinalities == {2: 2}
    np.testing.assert_array_equal(MIXED.bounds, [[0, 0, 0, 0, 0], [1, 1, 1, 1, 1]])
    assert set(MIXED.levels) == {1, 4}
    np.testing.assert_allclose(MIXED.levels[4], [0, 1 / 3, 2 / 3, 1])
    assert MIXED.size is None
    assert Space({"n": (1, 16), "c": ["a", "b", "c"]}).size == 48


@given(spaces())
def test_levels_are_the_encodings_of_all_values(space: Space) -> None:
    for column, levels in space.levels.items():
        assert (np.diff(levels) > 0).all()
        assert len(levels) == space.column_parameters[column].n_levels
        X = np.zeros((len(levels), space.dim))
        X[:, column] = levels
        np.testing.assert_array_equal(space.snap(X)[:, column], levels)


def test_columns_with_many_levels_count_as_continuous() -> None:
    assert list(Space({"few": (1, 1000), "many": (1, 1001)}).levels) == [0]


def test_descriptors_are_tensors_scaled_to_the_unit_interval() -> None:
    frame = pd.DataFrame({"polarity": [3.0, 1.0, 2.0], "mass": [5, 5, 5]}, index=["c", "a", "b"])
    space = Space({"x": (0.0, 1.0), "solvent": Categorical(["a", "b", "c"], descriptors=frame)})
    np.testing.assert_array_equal(space.descriptors[1].numpy(), [[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]])
    assert space.descriptors[1].dtype == torch.float64
    assert MIXED.descriptors == {}
