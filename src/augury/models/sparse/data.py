"""The training set of a sparse surrogate: tensors, or arrays that are read as they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from botorch.models.model import Model
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import _DefaultType
from torch import Tensor

from augury.errors import NotSupportedError
from augury.inference.sparse.rows import Rows, TensorRows
from augury.models.one_hot import NetworkInputs
from augury.models.sparse.streamed_rows import StreamedRows
from augury.models.transformed_data import TransformedData


@dataclass(frozen=True)
class SparseData:
    """A training set.

    Args:
        given: `n x d` inputs as they were given; None where they stay in their file.
        num_inputs: `d`.
        inputs: from transformed points to what the covariance sees.
        rows: the data as inference reads them.
        mean_noise: `m` average known noise variances on the transformed scale, or None.
    """

    given: Tensor | None
    num_inputs: int
    inputs: NetworkInputs
    rows: Rows
    mean_noise: Tensor | None

    @classmethod
    def prepare(
        cls,
        model: Model,
        train_X: Any,
        train_Y: Any,
        train_Yvar: Any,
        categorical_features: Sequence[int] | None,
        input_transform: InputTransform | None,
        outcome_transform: OutcomeTransform | _DefaultType | None,
    ) -> SparseData:
        """Check the arguments of a model (see `SparseModel`) and give it its transforms.

        Raises:
            InvalidInputError: shapes that do not agree, no rows, entries that are not finite.
            NotSupportedError: arrays with categories, or with transforms that would have to learn from them.
        """
        if isinstance(train_X, np.ndarray) and isinstance(train_Y, np.ndarray):
            return cls._streamed(
                model, train_X, train_Y, train_Yvar, categorical_features, input_transform, outcome_transform
            )
        data = TransformedData.of(model, train_X, train_Y, train_Yvar, input_transform, outcome_transform)
        X, Y = torch.from_numpy(data.X), torch.from_numpy(data.Y)
        inputs = NetworkInputs(X, categorical_features)
        weight = mean_noise = None
        if data.Yvar is not None:
            variances = torch.from_numpy(data.Yvar)
            weight, mean_noise = 1.0 / variances, variances.mean(dim=0)
        return cls(data.given, X.shape[-1], inputs, TensorRows(inputs(X), Y, weight), mean_noise)

    @classmethod
    def _streamed(
        cls,
        model: Model,
        X: np.ndarray,
        Y: np.ndarray,
        Yvar: np.ndarray | Tensor | None,
        categorical_features: Sequence[int] | None,
        input_transform: InputTransform | None,
        outcome_transform: OutcomeTransform | _DefaultType | None,
    ) -> SparseData:
        if categorical_features:
            raise NotSupportedError("arrays with categorical columns: give tensors, or one-hot columns")
        if outcome_transform is not None and not isinstance(outcome_transform, _DefaultType):
            raise NotSupportedError(
                f"{type(outcome_transform).__name__} would have to learn from outcomes in an array; leave "
                "the default, or give None"
            )
        if getattr(input_transform, "learn_coefficients", False):
            raise NotSupportedError(
                f"{type(input_transform).__name__} would have to learn from inputs in an array; give "
                "its bounds"
            )
        if input_transform is not None:
            model.input_transform = input_transform.eval()
        empty = torch.zeros(1, X.shape[-1] if X.ndim else 1, dtype=torch.float64)
        inputs = NetworkInputs(empty, None)

        def seen(rows: Tensor) -> Tensor:
            with torch.no_grad():
                return inputs(model.transform_inputs(rows))

        variances = None if Yvar is None else np.asarray(Yvar)
        rows = StreamedRows(X, Y, variances, seen, standardise=outcome_transform is not None)
        if outcome_transform is not None:
            model.outcome_transform = rows.standardization.transform()
        mean_noise = None
        if variances is not None:
            scale = rows.standardization.scale
            mean_noise = torch.from_numpy(np.asarray(variances.mean(axis=0), dtype=np.float64) / scale**2)
        return cls(None, X.shape[1], inputs, rows, mean_noise)
