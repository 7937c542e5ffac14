"""Training data as a network sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from botorch.models.model import Model
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform, Standardize
from botorch.utils.types import _DefaultType
from torch import Tensor

from augury.inference.noise_prior import NOISE_FLOOR
from augury.models.one_hot import NetworkInputs
from augury.models.training_data import check_training_data
from augury.models.transformed_data import TransformedData

#: Known noise variances (standardised) are kept in these bounds: chains cannot follow what is more exact.
_KNOWN_NOISE_BOUNDS = (NOISE_FLOOR**2, 1e8)
#: The unit in which a constant outcome is modelled, relative to its size.
_UNIT_OF_CONSTANT = 1e-4

#: Standardised outcomes are rounded to it. Chains amplify the last bits of their data; so rounded, outcomes
#: in another unit give the same chains.
_LAST_DIGIT = 2.0**-36


@dataclass(frozen=True)
class NetworkData:
    """The training set of a network.

    Args:
        train_X: `n x d` inputs as given.
        inputs: from transformed points to network inputs.
        X: `n x D` network inputs.
        Y: `n x m` transformed outcomes.
        noise: `n x m` known noise variances on the same scale, or None.
    """

    train_X: Tensor  # noqa: N815
    inputs: NetworkInputs
    X: Tensor
    Y: Tensor
    noise: Tensor | None

    @classmethod
    def prepare(
        cls,
        model: Model,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None,
        categorical_features: Sequence[int] | None,
        input_transform: InputTransform | None,
        outcome_transform: OutcomeTransform | _DefaultType | None,
    ) -> NetworkData:
        """Check and transform the arguments of a model, and give the model its transforms.

        Raises:
            InvalidInputError: shapes that do not agree, no rows, entries that are not finite.
        """
        default = isinstance(outcome_transform, _DefaultType)
        data = TransformedData.of(model, train_X, train_Y, train_Yvar, input_transform, outcome_transform)
        points, Y = torch.from_numpy(data.X), torch.from_numpy(data.Y)
        noise = None if data.Yvar is None else torch.from_numpy(data.Yvar)
        if default and len(Y) > 1:
            _, given_Y, given_Yvar = check_training_data(train_X, train_Y, train_Yvar)
            transform: Any = model.outcome_transform
            _shrink_constants(transform, given_Y)
            Y, noise = transform(given_Y, given_Yvar, X=data.given)
        if default:
            Y = (Y / _LAST_DIGIT).round() * _LAST_DIGIT
        inputs = NetworkInputs(points, categorical_features)
        if noise is not None:
            noise = noise.clamp(*_KNOWN_NOISE_BOUNDS)
        return cls(data.given, inputs, inputs(points), Y, noise)


def _shrink_constants(transform: Standardize, Y: Tensor) -> None:
    """Model outcomes that never change in a unit far below their size: they are expected to stay."""
    constant = (Y.max(dim=0).values - Y.min(dim=0).values) <= 1e-14 * Y.abs().max(dim=0).values
    unit = _UNIT_OF_CONSTANT * Y.abs().max(dim=0).values.clamp(min=1.0)
    transform.stdvs = torch.where(constant, unit, transform.stdvs)
    transform._stdvs_sq = transform.stdvs.square()
