"""How BoTorch and Ax hand over the column of levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botorch.utils.datasets import SupervisedDataset

from augury.models.surrogate import Surrogate


class LevelInputs(Surrogate):
    """A surrogate that is told the column of levels by `fidelity_features`; put it before the other base."""

    @classmethod
    def construct_inputs(
        cls,
        training_data: SupervisedDataset,
        categorical_features: Sequence[int] | None = None,
        fidelity_features: Sequence[int] | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """The constructor's arguments from a BoTorch dataset; `options` are passed on."""
        inputs = super().construct_inputs(training_data, categorical_features, **options)
        if fidelity_features:
            inputs["fidelity_features"] = list(fidelity_features)
        return inputs
