"""A trained field with an exact Bayesian last layer."""

from __future__ import annotations

import copy
from typing import final

import torch
from botorch.models.transforms.input import Normalize
from torch import Tensor, nn

from augury.models.bundled_surrogate import BundledSurrogate
from augury.networks.fields.neural_field import NeuralField

_ROOT_3 = 3.0**0.5  # network inputs have variance 1 over the cube


@final
class FieldFeatures(nn.Module):
    """The features before a field's last layer, and a constant: `... x (N + 1)`, double precision.

    Args:
        field: which is used as it is.
    """

    def __init__(self, field: NeuralField) -> None:
        super().__init__()
        self.field = field

    def forward(self, inputs: Tensor) -> Tensor:
        """Of network inputs, `... x d` of variance 1 over the cube."""
        features = self.field.features(inputs / _ROOT_3)
        return torch.cat([features, torch.ones_like(features[..., :1])], dim=-1)


def bayesian_field(field: NeuralField, coordinates: Tensor, values: Tensor) -> BundledSurrogate:
    r"""The posterior of a signal, linear in what a trained field hands to its last layer.

    .. math:: y = \theta^T (h(x), 1) + \varepsilon, \qquad \theta \sim \mathcal N(0, I / \alpha)

    The features are taken as known: the variance is that of the last layer only, and tells where the signal
    is unlike what the field was trained on, not how wrong the features are.

    Args:
        field: trained; copied, in double precision on the CPU.
        coordinates: `n x d` in [-1, 1], where the signal is known.
        values: `n x o`.

    Returns:
        A fitted BoTorch model with coordinates in [-1, 1] as inputs: one pass over the points, `O(n N^2)`,
        and an eigendecomposition of `N x N`. `model.subset_output([0]).mean_variance(X)` in blocks.

    Raises:
        InvalidInputError: points and values that do not agree or are not finite; a decoder without a last
            layer.
    """
    own = copy.deepcopy(field).to("cpu", torch.float64).requires_grad_(False)
    d = coordinates.shape[-1]
    bounds = torch.tensor([[-1.0], [1.0]], dtype=torch.float64).expand(2, d)
    return BundledSurrogate(
        coordinates.detach().to("cpu", torch.float64),
        values.detach().to("cpu", torch.float64),
        input_transform=Normalize(d, bounds=bounds),
        features=lambda width: FieldFeatures(own),
    ).fit()
