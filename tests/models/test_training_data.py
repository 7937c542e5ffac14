"""Training data are checked and copied where they enter."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError, NotSupportedError
from augury.models.training_data import check_training_data, check_transformed

X, Y = torch.rand(3, 2), torch.rand(3, 1)


def test_what_comes_back_is_in_double_precision_and_independent():
    given = X.clone().double()
    checked, outcomes, none = check_training_data(given, Y.requires_grad_(True))
    assert none is None
    assert checked.dtype == outcomes.dtype == torch.float64
    assert not outcomes.requires_grad
    given.zero_()
    assert checked.any()


def test_arrays_and_lists_will_do():
    checked, outcomes, variances = check_training_data(np.eye(2), [[1], [2]], [[0], [3]])
    assert torch.equal(checked, torch.eye(2).double())
    assert outcomes.tolist() == [[1.0], [2.0]]
    assert variances.tolist() == [[0.0], [3.0]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X[0], Y), "n x d"),
        ((X, Y[:, 0]), "n x m"),
        ((X, Y[:2]), "3 rows and train_Y has 2"),
        ((X[:0], Y[:0]), "at least one row"),
        ((X[:, :0], Y), "one input"),
        ((torch.tensor([[1.0, torch.inf]] * 3), Y), r"train_X\[0, 1\] is inf"),
        ((X, torch.tensor([[1.0], [torch.nan], [0.0]])), r"train_Y\[1, 0\] is nan"),
        ((X, Y, Y[:2]), "train_Yvar must have the shape"),
        ((X, Y, torch.full_like(Y, torch.nan)), r"train_Yvar\[0, 0\] is nan"),
        ((X, Y, -Y.detach() - 1), "negative"),
        ((X, torch.full((3, 1), 1e200, dtype=torch.float64)), "overflows"),
        (("text", Y), "must be a tensor of numbers; given str"),
        ((X, [["a"], ["b"], ["c"]]), "must be a tensor of numbers; given list"),
        ((object(), Y), "given object"),
    ],
)
def test_anything_else_is_named(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        check_training_data(*arguments)


def test_a_batch_of_training_sets_is_not_supported():
    with pytest.raises(NotSupportedError, match="batch"):
        check_training_data(X.expand(2, 3, 2), Y.expand(2, 3, 1))


def test_transforms_must_give_numbers():
    check_transformed(X, Y)
    with pytest.raises(InvalidInputError, match="input transform"):
        check_transformed(X / 0.0, Y)
    with pytest.raises(InvalidInputError, match="outcome transform"):
        check_transformed(X, Y.log() / 0.0)
