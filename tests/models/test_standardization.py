"""Standardisation as BoTorch's transform learns it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.models.transforms.outcome import Standardize

from augury.models.standardization import Standardization


@pytest.mark.parametrize(
    "Y",
    [
        torch.tensor([[1.0, -5.0], [2.0, 700.0], [4.5, 3.0]]),
        torch.tensor([[3.0]]),
        torch.full((4, 1), 2.5),
        1e-40 * torch.tensor([[1.0], [2.0], [4.0]]).double(),
    ],
    ids=["two outcomes", "one row", "constant", "small units"],
)
def test_it_is_what_botorchs_transform_learns(Y: torch.Tensor) -> None:
    Y = Y.double()
    ours, theirs = Standardization.of(Y.numpy()).transform(), Standardize(m=Y.shape[1], min_stdv=1e-150)
    expected, _ = theirs(Y)
    theirs.eval()
    assert not ours.training
    plain, variances = Standardization.of(Y.numpy())(Y.numpy(), np.ones(Y.shape))
    torch.testing.assert_close(torch.from_numpy(plain), expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(torch.from_numpy(variances), 1.0 / theirs.stdvs.square().expand(Y.shape))
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict(), rtol=1e-13, atol=0.0)
    torch.testing.assert_close(ours(Y)[0], expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(ours.untransform(*ours(Y, Y.square()))[0], Y)
    assert [vars(ours)[key] for key in ("_m", "_outputs")] == [
        vars(theirs)[key] for key in ("_m", "_outputs")
    ]
