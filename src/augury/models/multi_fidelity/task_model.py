"""What the Gaussian processes of tasks and of sources, which have no order, have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.datasets import SupervisedDataset
from botorch.utils.types import _DefaultType
from gpytorch.kernels import Kernel
from torch import Tensor

from augury.models.exact.autograd import AutogradCovariance
from augury.models.exact.covariance import Covariance
from augury.models.exact.features import Features
from augury.models.exact.model import ExactModel
from augury.models.exact.priors import noise_prior
from augury.models.multi_fidelity.level_covariances import level_covariances, level_features
from augury.models.multi_fidelity.levels import Levels

Build = Callable[[Levels, Features], Kernel]


class TaskModel(ExactModel):
    """An exact model whose covariance is over inputs and the integers of one column."""

    #: What the constructor calls that column.
    column_argument = "task_feature"

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None,
        categorical_features: Sequence[int] | None,
        task_feature: int | None,
        input_transform: InputTransform | None,
        outcome_transform: OutcomeTransform | _DefaultType | None,
        covar_module: Kernel | None,
        build: Build,
    ) -> None:
        columns = None if task_feature is None else [task_feature]

        def covariance(X: np.ndarray) -> Covariance:
            tasks = Levels.of(X, columns, ordered=False)
            if tasks.column is None:
                return level_covariances(tasks, categorical_features, covar_module)[0](X)
            features = level_features(tasks, categorical_features)
            features.check(tasks.split_rows(X)[0])
            return AutogradCovariance(X, build(tasks, features))

        prior = noise_prior(versions=columns is not None)
        super().__init__(train_X, train_Y, train_Yvar, covariance, input_transform, outcome_transform, prior)

    @classmethod
    def construct_inputs(
        cls,
        training_data: SupervisedDataset,
        categorical_features: Sequence[int] | None = None,
        fidelity_features: Sequence[int] | None = None,
        task_feature: int | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """The constructor's arguments from a BoTorch dataset; fidelities are ordinary inputs here."""
        inputs = super().construct_inputs(training_data, categorical_features, **options)
        if task_feature is not None:
            inputs[cls.column_argument] = task_feature
        return inputs
