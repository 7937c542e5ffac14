"""What every surrogate of augury does alike, whatever its posterior."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Self

from botorch.models.model import Model
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.datasets import SupervisedDataset

from augury.models.persistence.construction import remembers_construction


class Surrogate(Model):
    """A BoTorch model that is constructed from training data and predicts the same in every mode."""

    input_transform: InputTransform  # absent where there is none, as in BoTorch's models
    outcome_transform: OutcomeTransform  # likewise

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        if "__init__" in cls.__dict__:
            cls.__init__ = remembers_construction(cls.__init__)  # type: ignore[method-assign]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the trained model into one file, which `augury.load(path)` reads.

        Args:
            path: the file (safetensors, with JSON in its header); one of that name is replaced.

        Raises:
            NotSupportedError: a copy that the constructor does not make (a subset, a conditioned model), or a
                class that is not registered.
        """
        from augury.models.persistence.files import save

        save(self, path)

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
