"""Arrays within flat rows."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from augury import Array, InvalidInputError, Space
from augury.networks import ArrayEncoder


class Marks(nn.Module):
    """The first row and the shape of images."""

    def forward(self, images):
        assert images.shape[1:] == (1, 2, 3)
        return images[:, 0, 0]


SPACE = Space({"kind": ["a", "b", "c"], "x": (0.0, 1.0), "field": Array((2, 3), (0.0, 1.0)), "y": (0.0, 1.0)})


def test_the_array_is_an_image_and_the_rest_is_passed_on():
    encoder = ArrayEncoder.of(SPACE, "field", Marks())
    rows = torch.arange(11.0).expand(2, 4, 11)  # x, six entries, y, then the kinds one-hot
    encoded = encoder(rows)
    assert encoded.shape == (2, 4, 8)
    assert encoded[1, 2].tolist() == [1.0, 2.0, 3.0, 0.0, 7.0, 8.0, 9.0, 10.0]


def test_what_is_not_allowed_is_said():
    with pytest.raises(InvalidInputError, match="there is no array 'x'; there are field"):
        ArrayEncoder.of(SPACE, "x", Marks())
    with pytest.raises(InvalidInputError, match="6 entries, from column 1 on"):
        ArrayEncoder.of(SPACE, "field", Marks())(torch.zeros(2, 5))
    with pytest.raises(InvalidInputError, match="sides of at least 1"):
        ArrayEncoder(Marks(), (0, 3))
    with pytest.raises(InvalidInputError, match="first is a column"):
        ArrayEncoder(Marks(), (1, 2, 3), -1)
