"""Training data as a model learns from them: inputs and outcomes through the transforms it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from botorch.models.model import Model
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform, Standardize
from botorch.utils.types import _DefaultType
from torch import Tensor

from augury.errors import NotSupportedError
from augury.models.standardization import Standardization
from augury.models.training_data import check_training_data, check_transformed

#: Known noise variances (standardised) are kept in these bounds, so that the covariance can be factorised.
_KNOWN_NOISE_BOUNDS = (1e-8, 1e16)


@dataclass(frozen=True)
class TransformedData:
    """Checked and transformed training data.

    Args:
        given: `n x d` inputs as they were given.
        X: `n x d'` inputs as the model sees them.
        Y: `n x m` outcomes, likewise.
        Yvar: `n x m` known noise variances, likewise, or None.
    """

    given: Tensor
    X: np.ndarray
    Y: np.ndarray
    Yvar: np.ndarray | None

    @classmethod
    def of(
        cls,
        model: Model,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None,
        input_transform: InputTransform | None,
        outcome_transform: OutcomeTransform | _DefaultType | None,
    ) -> Self:
        """Transform training data; the model gets the transforms, which have learnt then and only apply.

        Args:
            model: without transforms yet.
            train_X: `n x d` inputs.
            train_Y: `n x m` outcomes in their own units.
            train_Yvar: `n x m` known noise variances, or None.
            input_transform: applied to inputs; None for none.
            outcome_transform: `Standardize` unless given; None to take outcomes as they are.

        Raises:
            InvalidInputError: shapes that do not agree, no rows, entries that are not finite.
        """
        train_X, Y, Yvar = check_training_data(train_X, train_Y, train_Yvar)
        inputs = train_X
        with torch.no_grad():
            if input_transform is not None:
                model.input_transform = input_transform
                inputs = model.transform_inputs(train_X)
            if isinstance(outcome_transform, _DefaultType):
                outcome_transform = Standardization.of(Y.numpy()).transform()
            elif outcome_transform is not None:
                outcome_transform.train()
            if outcome_transform is not None:
                Y, Yvar = outcome_transform(Y, Yvar, X=train_X)
                model.outcome_transform = outcome_transform
        for transform in model.children():
            transform.eval()
        check_transformed(inputs, Y)
        return cls(train_X, inputs.numpy(), Y.numpy(), _bounded(None if Yvar is None else Yvar.numpy()))

    @classmethod
    def standardised(
        cls, train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None
    ) -> tuple[Self, Standardization]:
        """Training data with standardised outcomes, as `of` has them without transforms given."""
        X, Y, Yvar = check_training_data(train_X, train_Y, train_Yvar)
        outcomes = Y.numpy()
        standardization = Standardization.of(outcomes)
        outcomes, variances = standardization(outcomes, None if Yvar is None else Yvar.numpy())
        return cls(X, X.numpy(), outcomes, _bounded(variances)), standardization

    def outcome(self, column: int) -> tuple[np.ndarray, np.ndarray | None]:
        """One outcome (`n`) and its known noise variances (`n`), or None."""
        return self.Y[:, column], None if self.Yvar is None else self.Yvar[:, column]


def _bounded(variances: np.ndarray | None) -> np.ndarray | None:
    return None if variances is None else np.clip(variances, *_KNOWN_NOISE_BOUNDS)


def affine(model: Model) -> tuple[Tensor, Tensor]:
    """`(shift, scale)`, `m` each, with outcome = shift + scale * transformed outcome.

    Raises:
        NotSupportedError: an outcome transform that is not affine.
    """
    transform = getattr(model, "outcome_transform", None)
    if transform is None:
        return torch.zeros(model.num_outputs).double(), torch.ones(model.num_outputs).double()
    if type(transform) is not Standardize:  # subclasses may standardise by the input
        raise NotSupportedError(
            f"{type(transform).__name__} is not one shift and scale for all inputs; use posterior(X)"
        )
    return transform.means.double().reshape(-1), transform.stdvs.double().reshape(-1)
