"""The covariance function of each level, of what a user gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gpytorch.kernels import Kernel

from augury.errors import InvalidInputError
from augury.models.exact.autograd import AutogradCovariance
from augury.models.exact.covariance import Covariance
from augury.models.exact.features import Features
from augury.models.exact.matern import MaternCovariance
from augury.models.multi_fidelity.autoregressive import AutoregressiveCovariance
from augury.models.multi_fidelity.level_kernel import level_kernel, level_lengthscales
from augury.models.multi_fidelity.levels import Levels
from augury.models.multi_fidelity.linear_chain import CovarianceOf


def level_covariances(
    levels: Levels,
    categorical_features: Sequence[int] | None,
    kernels: Kernel | Sequence[Kernel] | None,
    *,
    closed: bool = True,
) -> list[CovarianceOf]:
    """What makes the covariance of each level of its inputs.

    Without a column of levels and without a kernel given, that of the Gaussian process.

    Args:
        levels: which column that is.
        categorical_features: the integer-coded columns, among all.
        kernels: a user's.
        closed: whether squared exponentials may be in closed form; else they are kernels of GPyTorch.

    Raises:
        InvalidInputError: not one kernel for each level.
    """
    own = level_features(levels, categorical_features)

    def matern(X: np.ndarray) -> Covariance:
        own.check(X)
        return MaternCovariance(X, own)

    def closed_form(correction: bool) -> CovarianceOf:
        prior = level_lengthscales(own, correction=correction)
        return lambda X: AutoregressiveCovariance(X, Levels(own.dim), [prior])

    def autograd(kernel: Kernel | None, correction: bool) -> CovarianceOf:
        def covariance(X: np.ndarray) -> Covariance:
            own.check(X)
            return AutogradCovariance(X, level_kernel(own, kernel, correction=correction))

        return covariance

    if levels.column is None and kernels is None:
        return [matern]
    if closed and kernels is None and not own.categorical:
        return [closed_form(level > 0) for level in range(levels.count)]
    return [autograd(kernel, level > 0) for level, kernel in enumerate(one_for_each(levels.count, kernels))]


def level_features(levels: Levels, categorical_features: Sequence[int] | None) -> Features:
    """The columns without the level, categories among them."""
    dim = levels.dim - (levels.column is not None)
    return Features.of(dim, levels.without(categorical_features), None)


def one_for_each(count: int, kernels: Kernel | Sequence[Kernel] | None) -> list[Kernel | None]:
    """One kernel, or None, for each of `count` levels.

    Raises:
        InvalidInputError: a sequence of another length.
    """
    if kernels is None or isinstance(kernels, Kernel):
        return [kernels] * count
    if len(kernels) != count:
        raise InvalidInputError(
            f"given {len(kernels)} kernels for {count} levels; give one for all, or one each"
        )
    return list(kernels)
