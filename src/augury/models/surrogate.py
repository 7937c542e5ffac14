"""What every surrogate of augury does alike, whatever its posterior."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from botorch.models.model import Model
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.datasets import SupervisedDataset


class Surrogate(Model):
    """A BoTorch model that is constructed from training data and predicts the same in every mode."""

    input_transform: InputTransform  # absent where there is none, as in BoTorch's models
    outcome_transform: OutcomeTransform  # likewise

    @classmethod
    def construct_inputs(
        cls,
        training_data: SupervisedDataset,
        categorical_features: Sequence[int] | None = None,
        fidelity_features: Sequence[int] | None = None,
    ) -> dict[str, Any]:
        """The constructor's arguments from a BoTorch dataset; fidelities are ordinary inputs here."""
        inputs: dict[str, Any] = super().construct_inputs(training_data)
        if categorical_features:
            inputs["categorical_features"] = list(categorical_features)
        return inputs

    def train(self, mode: bool = True) -> Self:
        """Set `training` only: predictions never depend on it, and the transforms stay in evaluation."""
        self.training = mode
        return self

    def eval(self) -> Self:
        return self.train(False)
