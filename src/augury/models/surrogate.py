"""What every surrogate of augury does alike, whatever its posterior."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Self

import torch
from botorch.models.model import Model
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.datasets import SupervisedDataset
from torch import Tensor

from augury.construction import remembers_construction
from augury.errors import InvalidInputError, NotSupportedError
from augury.models.finite import check_finite


class Surrogate(Model):
    """A BoTorch model that is constructed from training data and predicts the same in every mode."""

    input_transform: InputTransform  # absent where there is none, as in BoTorch's models
    outcome_transform: OutcomeTransform  # likewise

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        if "__init__" in cls.__dict__:
            cls.__init__ = remembers_construction(cls.__init__)  # type: ignore[method-assign]

    @property
    def batch_shape(self) -> torch.Size:
        """That of the predictions beyond those of the points: none, unless a model says so."""
        return torch.Size()

    @property
    def _num_inputs(self) -> int:
        """The columns of the points that the model takes."""
        inputs: Any = self.train_inputs
        return int(inputs[0].shape[-1])

    def _check_points(self, X: Tensor) -> None:
        """Raise InvalidInputError for what is no tensor of finite points, `... x q x d` of the inputs."""
        if not isinstance(X, Tensor):
            raise InvalidInputError(
                f"points must be a tensor, ... x q x {self._num_inputs}; given {type(X).__name__}, of which "
                "torch.as_tensor makes one"
            )
        if X.dim() < 2 or X.shape[-1] != self._num_inputs:
            raise InvalidInputError(
                f"the model has {self._num_inputs} inputs; given points of shape {tuple(X.shape)}, not "
                f"... x q x {self._num_inputs}"
            )
        check_finite(X, "X", "entry of a point")

    def _transformed_points(self, X: Tensor) -> Tensor:
        """Points (`... x d`, of the right width) as the input transform gives them.

        Raises:
            InvalidInputError: another width, or entries that are not finite.
        """
        self._check_points(X)
        points: Tensor = self.transform_inputs(X.to(torch.float64))
        return points

    def _require_one_outcome(self) -> None:
        """Raise NotSupportedError for several outcomes."""
        if self.num_outputs != 1:
            raise NotSupportedError(
                f"this model has {self.num_outputs} outcomes; take one with subset_output([index])"
            )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the trained model into one file, which `augury.load(path)` reads.

        Args:
            path: the file (safetensors, with JSON in its header); one of that name is replaced.

        Raises:
            InvalidInputError: the folder does not exist.
            NotSupportedError: a copy that the constructor does not make (a subset, a conditioned model), or a
                class that is not registered.
        """
        from augury.models.persistence.files import save

        save(self, path)

    def fantasize(self, X: Tensor, sampler: Any, **options: Any) -> Model:
        """The models of imagined outcomes at `X`, where the capability `fantasize` is declared.

        Raises:
            NotSupportedError: it is not.
        """
        raise NotSupportedError(
            f"{type(self).__name__} cannot be conditioned on imagined outcomes without a new fit; use an "
            "acquisition function that does not look ahead, or a Gaussian process"
        )

    def learnt_state(self) -> dict[str, Tensor]:
        """What training has found, as `restore_state` takes it: the `state_dict`, where it is in that."""
        return dict(self.state_dict())

    def restore_state(self, state: Mapping[str, Tensor]) -> None:
        """Take over what a model of the same arguments has learnt, instead of a fit."""
        self.load_state_dict(dict(state))

    @classmethod
    def construct_inputs(
        cls,
        training_data: SupervisedDataset,
        categorical_features: Sequence[int] | None = None,
        fidelity_features: Sequence[int] | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """The constructor's arguments from a BoTorch dataset; fidelities are ordinary inputs here.

        Args:
            training_data: inputs, outcomes and, where known, their noise.
            categorical_features: the integer-coded columns.
            fidelity_features: the columns of fidelities.
            options: further arguments of the constructor, passed on.
        """
        inputs: dict[str, Any] = {**super().construct_inputs(training_data), **options}
        if categorical_features:
            inputs["categorical_features"] = list(categorical_features)
        return inputs

    def train(self, mode: bool = True) -> Self:
        """Set `training` only: predictions never depend on it, and the transforms stay in evaluation."""
        self.training = mode
        return self

    def eval(self) -> Self:
        return self.train(False)
