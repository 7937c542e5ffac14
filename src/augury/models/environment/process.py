"""The Gaussian process of design and environment, whose mean over the environment has a closed form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from torch import Tensor

from augury.errors import InvalidInputError
from augury.models.environment.product_covariance import Factor, ProductCovariance
from augury.models.exact.features import Features
from augury.models.exact.matern import MaternCovariance
from augury.models.exact.model import ExactModel
from augury.space.environment import Measure


@final
class EnvironmentProcess(ExactModel):
    r"""Gaussian-process regression of `f(x, w)` with a covariance that separates design and environment.

    .. math::
        k((x, w), (x', w')) = k_0(x, x') \prod_j k_j(w_j, w'_j)

    `k_0` is the default covariance of `GaussianProcess` over the design's columns; each column of the
    environment has a Matern-5/2 covariance (a mismatch covariance for categories) of its own, so that it can
    be integrated out: `IntegratedProcess` is the process of the mean over the environment.

    Source: O'Hagan, "Bayes-Hermite quadrature", J. Stat. Plan. Inference 29 (1991), for integrals.

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred when None.
        environment: column -> its distribution in the cube.
        categorical_features: the integer-coded columns.
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        descriptors: categorical column -> `k x p` properties of its categories.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite; no column of the
            design or of the environment.
    """

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        environment: Mapping[int, Measure] | None = None,
        categorical_features: Sequence[int] | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        descriptors: Mapping[int, Tensor] | None = None,
    ) -> None:
        dim = train_X.shape[-1]
        measures = {} if environment is None else dict(sorted(environment.items()))
        design = [column for column in range(dim) if column not in measures]
        if not measures or not design or len(design) + len(measures) != dim:
            raise InvalidInputError(
                f"environment={environment!r} must name some, and not all, of the columns 0 to {dim - 1}"
            )
        features = Features.of(dim, categorical_features, descriptors)
        super().__init__(
            train_X,
            train_Y,
            train_Yvar,
            lambda X: _covariance(X, features, [design, *([column] for column in measures)]),
            None,
            outcome_transform,
        )
        #: the design's columns
        self.design = design
        #: column -> distribution, of the environment
        self.environment = measures


def _covariance(X: np.ndarray, features: Features, groups: Sequence[list[int]]) -> ProductCovariance:
    features.check(X)
    factors = []
    for columns in groups:
        codes = [columns.index(column) for column in features.categorical if column in columns]
        tables = {columns.index(c): table for c, table in features.descriptors.items() if c in columns}
        own = Features(len(columns), tuple(codes), tables)
        factors.append(Factor(columns, MaternCovariance(X[:, columns], own)))
    return ProductCovariance(factors, X.shape[1], len(X))
