"""The exact Gaussian process: augury's default surrogate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import final

import numpy as np
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.kernels import Kernel
from torch import Tensor

from augury.models.exact.autograd import AutogradCovariance, with_categories
from augury.models.exact.covariance import Covariance
from augury.models.exact.features import Features
from augury.models.exact.matern import MaternCovariance
from augury.models.exact.model import ExactModel
from augury.models.exact.quadratic_trend import QuadraticTrend
from augury.models.exact.trended import TrendedCovariance
from augury.space.conditions import Conditions


@final
class GaussianProcess(ExactModel):
    r"""Gaussian-process regression with exact inference and maximum a posteriori hyperparameters.

    .. math::
        y = c + f(x) + \varepsilon, \qquad f \sim \mathcal{GP}(0, k), \quad
        \varepsilon \sim \mathcal N(0, \sigma^2)

    By default `k` is Matern-5/2 with one lengthscale per input and dimension-scaled log-normal priors, times
    a mismatch kernel over the categories; its likelihood, gradient and predictions are closed forms on dense
    LAPACK. Several outcomes are independent processes.

    Sources: Rasmussen and Williams (2006), chapters 2 and 5; Hvarfner et al. (2024) for the priors.

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred when None.
        categorical_features: the integer-coded columns.
        input_transform: applied to inputs first (BoTorch's `Normalize(d, bounds=...)` outside a Study).
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        covar_module: any GPyTorch kernel instead of the default. It sees the numeric columns only, unless it
            declares `categorical_features`.
        descriptors: categorical column -> `k x p` properties of its categories.
        conditions: which columns are active only for some values of others (`Space.conditions`); the default
            kernel compares such a column only where it is active.
        trend: whether the process varies around a quadratic in each numeric column that is always active,
            with normal coefficients (`model="universal-kriging"`).

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite.
    """

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        covar_module: Kernel | None = None,
        descriptors: Mapping[int, Tensor] | None = None,
        conditions: Conditions | None = None,
        trend: bool = False,
    ) -> None:

        def covariance(X: np.ndarray) -> Covariance:
            features = Features.of(X.shape[1], categorical_features, descriptors, conditions)
            features.check(X)
            base: Covariance
            if covar_module is None:
                base = MaternCovariance(X, features)
            else:
                base = AutogradCovariance(X, with_categories(covar_module, features))
            if not trend:
                return base
            columns = None if features.is_plain else [c for c in features.numeric if c not in features.arcs]
            return TrendedCovariance(base, X, QuadraticTrend(columns, features.dim))

        super().__init__(train_X, train_Y, train_Yvar, covariance, input_transform, outcome_transform)


universal_kriging = partial(GaussianProcess, trend=True)
universal_kriging.__doc__ = "A Gaussian process around a quadratic in each numeric input."
