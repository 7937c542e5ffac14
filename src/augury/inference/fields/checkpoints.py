"""Fields, and the state of their trainings, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from augury.errors import InvalidInputError
from augury.inference.fields.training import FieldTrainer
from augury.inference.training_files import (
    read_tensors,
    restore_training,
    training_tensors,
    without_prefix,
    write_tensors,
)
from augury.networks.fields.design import FieldDesign
from augury.networks.fields.neural_field import NeuralField

_VERSION = 1
_WHAT = "a neural field"
_FIELD = "field."


def save_field_training(trainer: FieldTrainer, design: FieldDesign, path: str | Path, signal: str) -> None:
    """Write the field and all that its training needs to go on; a kill leaves the old file or the new.

    Args:
        trainer: of a field of that design.
        design: of the field.
        path: `....safetensors` by custom.
        signal: what tells the signal from others (a digest of the image).
    """
    tensors = training_tensors(_FIELD, trainer.field, trainer.optimizer, trainer.generator)
    header = {
        "version": _VERSION,
        "design": design.as_dict(),
        "plan": _plan(trainer),
        "signal": signal,
        "step": trainer.step,
        "elapsed": trainer.elapsed,
    }
    write_tensors(Path(path), tensors, header)


def resume_field_training(trainer: FieldTrainer, design: FieldDesign, path: str | Path, signal: str) -> None:
    """Take up a training where its file left it.

    Args:
        trainer: new, of the same design, signal and plan.
        design: of its field.
        path: of the file.
        signal: as it was saved with.

    Raises:
        InvalidInputError: not such a file, or of another design, plan or signal.
    """
    tensors, header = read_tensors(Path(path), _WHAT, _VERSION)
    for what, here in (("design", design.as_dict()), ("plan", _plan(trainer)), ("signal", signal)):
        if header[what] != here:
            raise InvalidInputError(
                f"{path} is a training of another {what}, {header[what]}; here it is {here}. Give the same "
                "options, or another file"
            )
    restore_training(_FIELD, trainer.field, trainer.optimizer, trainer.generator, tensors)
    trainer.step, trainer.elapsed = int(header["step"]), float(header["elapsed"])


def load_field(
    path: str | Path,
    *,
    device: torch.device | str | None = None,
    dtype: torch.dtype = torch.float64,
) -> NeuralField:
    """The field that a training has written so far.

    Args:
        path: of the file.
        device: where it is wanted.
        dtype: of its parameters.

    Raises:
        InvalidInputError: not such a file.
    """
    tensors, header = read_tensors(Path(path), _WHAT, _VERSION)
    field = FieldDesign.from_dict(header["design"]).build(device=device, dtype=dtype)
    field.load_state_dict(without_prefix(_FIELD, tensors))
    return field


def _plan(trainer: FieldTrainer) -> dict[str, Any]:
    return {
        "steps": trainer.steps,
        "batch_size": trainer.batch_size,
        "learning_rate": trainer.learning_rate,
        "loss": trainer.loss,
        "seed": trainer.seed,
    }
