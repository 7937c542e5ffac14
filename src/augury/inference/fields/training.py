"""The training of a neural field: resumable, by random points of its signal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.base import Progress
from augury.inference.fields.samplers import FieldSampler
from augury.networks.fields.neural_field import NeuralField

_FINAL_RATE = 0.1  # of the first learning rate, at the end
_NOTE_EVERY = 25
_DISTANCE_OFFSET = 0.1


def _absolute(predicted: Tensor, values: Tensor) -> Tensor:
    return (predicted - values).abs().mean()


def _squared(predicted: Tensor, values: Tensor) -> Tensor:
    return (predicted - values).square().mean()


def _relative(predicted: Tensor, values: Tensor) -> Tensor:
    return ((predicted - values).square() / (values.abs() + _DISTANCE_OFFSET)).mean()


#: By name: of images, of images by PSNR's own measure, and of signed distances.
LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "absolute": _absolute,
    "squared": _squared,
    "relative": _relative,
}


@final
class FieldTrainer:
    """Trains a field by Adam, the learning rate falling to a tenth; its state can be saved and taken up.

    Memory: parameters, gradients and two moments (four times the parameters), and a batch's features.

    Source: Bouzidi et al. (2025), GNF (losses, rates and their decay).

    Args:
        field: what is trained, where it is and in its precision.
        sampler: of the signal.
        steps: batches in all.
        batch_size: points of a batch.
        learning_rate: the first.
        loss: a name of `LOSSES`.
        seed: of the batches.

    Raises:
        InvalidInputError: an unknown loss, or numbers out of range.
    """

    def __init__(
        self,
        field: NeuralField,
        sampler: FieldSampler,
        steps: int = 1000,
        batch_size: int = 8192,
        learning_rate: float = 1e-2,
        loss: str = "absolute",
        seed: int = 0,
    ) -> None:
        if loss not in LOSSES:
            raise InvalidInputError(f"loss must be one of {', '.join(map(repr, LOSSES))}; given {loss!r}")
        if min(steps, batch_size) < 1 or not learning_rate > 0.0:
            raise InvalidInputError(
                f"steps and batch_size must be at least 1 and learning_rate above 0; given {steps}, "
                f"{batch_size}, {learning_rate}"
            )
        self.field, self.sampler, self.steps, self.batch_size = field, sampler, steps, batch_size
        self.learning_rate, self.loss, self.seed = learning_rate, loss, seed
        self.generator = torch.Generator().manual_seed(seed)
        self.optimizer = torch.optim.Adam(field.parameters(), lr=learning_rate)
        self.step, self.elapsed = 0, 0.0
        self._place = next(field.parameters())

    def run(
        self,
        progress: Progress | None = None,
        save: Callable[[FieldTrainer], None] | None = None,
        save_every: float = 60.0,
    ) -> NeuralField:
        """Train to the last step.

        Args:
            progress: called now and then with the steps done, the steps in all and the loss as text.
            save: called with the trainer every `save_every` seconds and at the end.
            save_every: seconds.

        Returns:
            The field.

        Raises:
            InvalidInputError: the training has diverged.
        """
        saved = last = time.monotonic()
        while self.step < self.steps:
            value = self.advance()
            now = time.monotonic()
            self.elapsed, last = self.elapsed + now - last, now
            if progress is not None and (self.step % _NOTE_EVERY == 0 or self.step == self.steps):
                progress(self.step, self.steps, f"{self.loss} error {float(value):.4g}")
            if save is not None and now - saved > save_every:
                save(self)
                saved = now
        if save is not None:
            save(self)
        return self.field

    def advance(self) -> Tensor:
        """One batch; its loss."""
        points, values = self.sampler.sample(self.batch_size, self.generator)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate * _FINAL_RATE ** (self.step / self.steps)
        self.optimizer.zero_grad(set_to_none=True)
        loss = LOSSES[self.loss](self.field(points.to(self._place)), values.to(self._place))
        if not bool(loss.isfinite()):
            raise InvalidInputError(
                f"training diverged at step {self.step} with learning_rate={self.learning_rate}; give a "
                "smaller one"
            )
        loss.backward()
        self.optimizer.step()
        self.step += 1
        return loss.detach()


def fit_field(
    field: NeuralField,
    sampler: FieldSampler,
    steps: int = 1000,
    batch_size: int = 8192,
    learning_rate: float = 1e-2,
    loss: str = "absolute",
    seed: int = 0,
    progress: Progress | None = None,
) -> NeuralField:
    """Train a field, and return it: a `FieldTrainer` from beginning to end, with its arguments."""
    trainer = FieldTrainer(field, sampler, steps, batch_size, learning_rate, loss, seed)
    return trainer.run(progress)
