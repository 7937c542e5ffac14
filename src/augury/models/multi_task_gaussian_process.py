"""Gaussian processes of several tasks, or of a truth and other sources, which have no order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.kernels import AdditiveKernel, Kernel
from torch import Tensor

from augury.kernels.task import CoregionalizationKernel, MultiSourceKernel
from augury.models.exact.autograd import with_categories
from augury.models.exact.features import Features
from augury.models.multi_fidelity.level_covariances import one_for_each
from augury.models.multi_fidelity.level_kernel import constant_kernel, level_kernel, unit_rbf
from augury.models.multi_fidelity.levels import Levels
from augury.models.multi_fidelity.task_model import TaskModel

#: The variance of the constant of a task, in that of the outcomes.
_SHIFT_VARIANCE = 10.0


@final
class MultiTaskGaussianProcess(TaskModel):
    r"""A Gaussian process over inputs and tasks: the intrinsic model of coregionalisation.

    .. math::
        \operatorname{cov}(f_s(x), f_t(x')) = B_{st}\, k(x, x') + 10\, [s = t]

    on standardised outcomes, one affine map for all tasks, with a free covariance `B` of tasks and a constant
    of each. Tasks have no order; a task without rows of its own is not predicted. Without `task_feature` it
    is the exact Gaussian process.

    Source: Bonilla, Chai and Williams (2007), "Multi-task Gaussian process prediction".

    Args:
        train_X: `n x d` inputs in the unit cube, but for the column of tasks: integers from 0.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred, one for all tasks, when None.
        categorical_features: the integer-coded columns.
        task_feature: the column of tasks.
        input_transform: applied to inputs first; it must leave the tasks alone.
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        covar_module: a GPyTorch kernel of the inputs without the task; squared exponential unless given.
        rank: of the covariance of tasks, beside its diagonal; full when None.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, tasks that are not
            integers or have no rows.
    """

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        task_feature: int | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        covar_module: Kernel | None = None,
        rank: int | None = None,
    ) -> None:

        def build(tasks: Levels, features: Features) -> Kernel:
            inner = unit_rbf(max(len(features.numeric), 1)) if covar_module is None else covar_module
            kernel = with_categories(inner, features)
            assert tasks.column is not None
            return CoregionalizationKernel(kernel, tasks.count, rank, tasks.column, _SHIFT_VARIANCE)

        super().__init__(
            train_X,
            train_Y,
            train_Yvar,
            categorical_features,
            task_feature,
            input_transform,
            outcome_transform,
            covar_module,
            build,
        )

    @property
    def task_covariance(self) -> Tensor | None:
        """`m x tasks x tasks`: the covariance of tasks that was found, per outcome; None without tasks."""
        kernels = [getattr(outcome.covariance, "kernel", None) for outcome in self._outcomes]
        found = [k.task_covariance.detach() for k in kernels if isinstance(k, CoregionalizationKernel)]
        return torch.stack(found) if found else None


@final
class MultiSourceGaussianProcess(TaskModel):
    r"""A Gaussian process of a truth (source 0) and of other sources of information about it.

    .. math::
        \operatorname{cov}(f_s(x), f_t(x')) = k_0(x, x') + [s = t > 0]\,\big(k_s(x, x') + 10\big)

    on standardised outcomes: each source is the truth plus a bias of its own, independent of those of the
    others. Unlike co-kriging's levels, sources have no order, and no factor. Without `source_feature` it is
    the exact Gaussian process.

    Source: Poloczek, Wang and Frazier (2017), "Multi-information source optimization".

    Args:
        train_X: `n x d` inputs in the unit cube, but for the column of sources: integers, 0 the truth.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred, one for all sources, when None.
        categorical_features: the integer-coded columns.
        source_feature: the column of sources.
        input_transform: applied to inputs first; it must leave the sources alone.
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        covar_module: a GPyTorch kernel of the inputs, copied for the truth and each bias; squared exponential
            with a free variance unless given.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, sources that are
            not integers or have no rows.
    """

    column_argument = "source_feature"

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        source_feature: int | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        covar_module: Kernel | None = None,
    ) -> None:

        def build(sources: Levels, features: Features) -> Kernel:
            truth, *biases = (
                level_kernel(features, kernel, correction=source > 0)
                for source, kernel in enumerate(one_for_each(sources.count, covar_module))
            )
            shifted = [AdditiveKernel(bias, constant_kernel(_SHIFT_VARIANCE)) for bias in biases]
            assert sources.column is not None
            return MultiSourceKernel([truth, *shifted], sources.column)

        super().__init__(
            train_X,
            train_Y,
            train_Yvar,
            categorical_features,
            source_feature,
            input_transform,
            outcome_transform,
            covar_module,
            build,
        )
