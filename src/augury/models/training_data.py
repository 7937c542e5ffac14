"""The checks every model makes on its training data, where it enters."""

from __future__ import annotations

from math import isfinite

import numpy as np
import torch
from torch import Tensor

from augury.errors import InvalidInputError, NotSupportedError
from augury.models.finite import check_finite

_HINT = " (leave out rows that were not measured)"


def check_training_data(
    X: Tensor, Y: Tensor, Yvar: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor | None]:
    """The training data as new float64 tensors of matching shapes, finite throughout.

    Args:
        X: `n x d` inputs.
        Y: `n x m` outcomes.
        Yvar: `n x m` noise variances, or None.

    Raises:
        InvalidInputError: wrong shapes, no rows, or entries that are not finite.
        NotSupportedError: batches of training sets.
    """
    X, Y = _tensor(X, "train_X"), _tensor(Y, "train_Y")
    if X.dim() > 2:
        raise NotSupportedError(f"train_X must be n x d, not a batch of shape {tuple(X.shape)}")
    if X.dim() != 2 or Y.dim() != 2:
        raise InvalidInputError(
            f"train_X must be n x d and train_Y n x m; given {tuple(X.shape)} and {tuple(Y.shape)}"
        )
    if X.shape[0] != Y.shape[0]:
        raise InvalidInputError(f"train_X has {len(X)} rows and train_Y has {len(Y)}; they must agree")
    if 0 in X.shape or Y.shape[1] == 0:
        raise InvalidInputError(
            "a model needs at least one row, one input and one outcome; "
            f"given {tuple(X.shape)} and {tuple(Y.shape)}"
        )
    check_finite(X, "train_X", hint=_HINT)
    check_finite(Y, "train_Y", hint=_HINT)
    outcomes = Y.numpy().reshape(-1)
    if not isfinite(np.vdot(outcomes, outcomes)):
        raise InvalidInputError(
            f"train_Y has an entry of size {Y.abs().max().item():.3g}, which overflows when squared; "
            "leave such rows out or mark them as failed"
        )
    if Yvar is not None:
        Yvar = _tensor(Yvar, "train_Yvar")
        if Yvar.shape != Y.shape:
            raise InvalidInputError(
                f"train_Yvar must have the shape of train_Y, {tuple(Y.shape)}; given {tuple(Yvar.shape)}"
            )
        check_finite(Yvar, "train_Yvar", hint=_HINT)
        if bool((Yvar < 0).any()):
            raise InvalidInputError(
                "train_Yvar has negative entries; it holds variances (standard error squared)"
            )
    return X, Y, Yvar


def check_one_outcome(
    X: Tensor, Y: Tensor, Yvar: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor | None]:
    """As `check_training_data`, for what takes a single outcome.

    Raises:
        InvalidInputError: also for several outcomes.
    """
    X, Y, Yvar = check_training_data(X, Y, Yvar)
    if Y.shape[1] != 1:
        raise InvalidInputError(f"train_Y has {Y.shape[1]} outcomes; give one of them, n x 1")
    return X, Y, Yvar


def check_transformed(X: Tensor, Y: Tensor) -> None:
    """Check what the transforms have made of finite training data.

    Raises:
        InvalidInputError: entries that are not finite.
    """
    if not np.isfinite(X.detach().numpy()).all():
        raise InvalidInputError("the input transform gives values that are not finite for train_X")
    if not np.isfinite(Y.detach().numpy()).all():
        raise InvalidInputError(
            "the outcome transform gives values that are not finite for train_Y; are they in its domain?"
        )


def _tensor(values: Tensor, name: str) -> Tensor:
    try:
        return torch.as_tensor(values, dtype=torch.float64).detach().clone()
    except (TypeError, ValueError, RuntimeError) as error:
        raise InvalidInputError(
            f"{name} must be a tensor of numbers; given {type(values).__name__}"
        ) from error
