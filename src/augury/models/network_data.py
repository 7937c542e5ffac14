"""Training data as a network sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from botorch.models.model import Model
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform, Standardize
from botorch.utils.types import _DefaultType
from torch import Tensor

from augury.inference.noise_prior import NOISE_FLOOR
from augury.models.one_hot import NetworkInputs
from augury.models.training_data import check_training_data, check_transformed

#: Known noise variances (standardised) are kept in these bounds: chains cannot follow what is more exact.
_KNOWN_NOISE_BOUNDS = (NOISE_FLOOR**2, 1e8)
#: Outcomes with a smaller standard deviation are constant; BoTorch's 1e-8 would lose those of small units.
_LEAST_DEVIATION = 1e-150
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
        train_X, train_Y, train_Yvar = check_training_data(train_X, train_Y, train_Yvar)
        default = isinstance(outcome_transform, _DefaultType)
        if isinstance(outcome_transform, _DefaultType):
            outcome_transform = Standardize(m=train_Y.shape[-1], min_stdv=_LEAST_DEVIATION)
        if input_transform is not None:
            model.input_transform = input_transform
        with torch.no_grad():
            points = model.transform_inputs(train_X)
            Y, noise = train_Y, train_Yvar
            if outcome_transform is not None:
                outcome_transform.train()
                Y, noise = outcome_transform(train_Y, train_Yvar, X=train_X)
                model.outcome_transform = outcome_transform
        for transform in model.children():  # they have learnt; from here on they only apply
            transform.eval()
        if default and isinstance(outcome_transform, Standardize) and len(train_Y) > 1:
            _shrink_constants(outcome_transform, train_Y)
            Y, noise = outcome_transform(train_Y, train_Yvar, X=train_X)
        check_transformed(points, Y)
        if default:
            Y = (Y / _LAST_DIGIT).round() * _LAST_DIGIT
        inputs = NetworkInputs(points, categorical_features)
        if noise is not None:
            noise = noise.clamp(*_KNOWN_NOISE_BOUNDS)
        return cls(train_X, inputs, inputs(points), Y, noise)


def _shrink_constants(transform: Standardize, Y: Tensor) -> None:
    """Model outcomes that never change in a unit far below their size: they are expected to stay."""
    constant = (Y.max(dim=0).values - Y.min(dim=0).values) <= 1e-14 * Y.abs().max(dim=0).values
    unit = _UNIT_OF_CONSTANT * Y.abs().max(dim=0).values.clamp(min=1.0)
    transform.stdvs = torch.where(constant, unit, transform.stdvs)
    transform._stdvs_sq = transform.stdvs.square()
