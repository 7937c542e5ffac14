"""Fields and their designs."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.networks import FieldDesign, NeuralField

SMALL = {"channels": (3, 2), "resolutions": (4, 6), "n_centers": 5, "hidden": (4,), "scale": 1.0}
X = torch.tensor([[0.21, -0.43], [0.55, 0.13]], dtype=torch.float64)


@pytest.mark.parametrize("decoder", ["rbf", "mlp"])
def test_the_output_is_linear_in_the_features(decoder):
    field = FieldDesign(2, 3, decoder=decoder, **SMALL).build()
    last = field.decoder.linear if decoder == "rbf" else field.decoder[-1]
    assert torch.allclose(field(X), last(field.features(X)))


def test_the_gradient_is_that_of_finite_differences():
    field = FieldDesign(2, 3, **SMALL).build()
    gradient = field.gradient(X, output=1)
    for axis in range(2):
        step = torch.zeros(2, dtype=torch.float64)
        step[axis] = 1e-6
        numeric = (field(X + step) - field(X - step))[:, 1] / 2e-6
        assert torch.allclose(gradient[:, axis], numeric, atol=1e-6)


def test_a_design_is_data_and_builds_the_same_field():
    design = FieldDesign(3, 1, seed=5, **SMALL)
    again = FieldDesign.from_dict(design.as_dict())
    assert again == design
    first, second = design.build().state_dict(), again.build(device="cpu").state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert next(design.build(dtype=torch.float32).parameters()).dtype == torch.float32
    with pytest.raises(InvalidInputError, match="'rbf' or 'mlp'"):
        FieldDesign(2, 1, decoder="tree").build()


def test_a_decoder_without_a_last_linear_layer_has_no_features():
    field = NeuralField(nn.Identity(), nn.Tanh())
    with pytest.raises(InvalidInputError, match="no last linear layer"):
        field.features(X)
