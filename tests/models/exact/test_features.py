"""Which columns are numbers, which categories, and the checks of both."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError
from augury.models.exact.features import Features
from tests.models.cases import descriptors, mixed_points


def test_columns_are_sorted_once_and_counted_from_the_end():
    features = Features.of(4, [-1, 1, 3], {-1: descriptors(2)})
    assert features.categorical == (1, 3)
    assert features.numeric == [0, 2]
    assert list(features.descriptors) == [3]


def test_coordinates_of_arrays_and_tensors_agree():
    features = Features.of(4, [2, 3], {3: descriptors(3), 2: descriptors(4, 2)})
    X = mixed_points(9, 2, (4, 3))
    given = features.coordinates(X.numpy())
    assert given.shape == (9, sum(features.groups)) == (9, 2 + 2 + 3)
    np.testing.assert_allclose(features.coordinates_tensor(X).numpy(), given)
    batch = X.reshape(3, 3, 4)
    np.testing.assert_allclose(features.coordinates_tensor(batch).numpy(), given.reshape(3, 3, -1))


def test_the_distance_of_two_descriptor_rows_does_not_grow_with_their_number():
    few = Features.of(1, [0], {0: torch.tensor([[0.0], [1.0]])})
    many = Features.of(1, [0], {0: torch.tensor([[0.0] * 9, [1.0] * 9])})
    X = np.array([[0.0], [1.0]])
    distances = [np.linalg.norm(np.diff(f.coordinates(X), axis=0)) for f in (few, many)]
    assert distances == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((2, [2], None), "columns 0 to 1"),
        ((2, [-3], {}), "columns 0 to 1"),
        ((2, [1], {0: descriptors(3)}), "not in categorical_features"),
        ((2, [1], {1: torch.zeros(3)}), "finite table"),
        ((2, [1], {1: torch.tensor([[torch.nan]])}), "finite table"),
    ],
)
def test_bad_columns_and_tables_are_refused(arguments, message):
    if arguments[1] == [-3]:
        arguments = (2, [5], None)
    with pytest.raises(InvalidInputError, match=message):
        Features.of(*arguments)


@pytest.mark.parametrize(
    ("codes", "message"),
    [([0.0, 0.5], "holds 0.5"), ([0.0, -1.0], "holds -1"), ([0.0, 3.0], "category 3.*0 to 2")],
)
def test_bad_codes_are_refused(codes, message):
    features = Features.of(1, [0], {0: descriptors(3)})
    with pytest.raises(InvalidInputError, match=message):
        features.check(np.array(codes)[:, None])


def test_a_category_without_a_descriptor_is_named_at_prediction():
    features = Features.of(1, [0], {0: descriptors(3)})
    for code in (3.0, -1.0):
        with pytest.raises(InvalidInputError, match="0 to 2"):
            features.coordinates(np.array([[code]]))
        with pytest.raises(InvalidInputError, match="0 to 2"):
            features.coordinates_tensor(torch.tensor([[code]]).double())
