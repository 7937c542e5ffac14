"""Networks and trainings as safetensors files, the rest as JSON in their header: data only, no code."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from augury.errors import InvalidInputError
from augury.inference.prior_fitted.training import Note, Trainer
from augury.inference.training_files import read_tensors, restore_training, training_tensors, write_tensors
from augury.networks.prior_fitted.transformer import PriorFittedTransformer, TransformerShape

_VERSION = 1
_WHAT = "a prior-fitted network"
_NETWORK = "network."


def save_network(
    network: PriorFittedTransformer, path: str | Path, about: dict[str, Any] | None = None
) -> None:
    """Write a network.

    Args:
        network: what is written, weights in single precision.
        path: of the file.
        about: JSON about it: prior, training, range of use.
    """
    header = {"version": _VERSION, "shape": network.shape.as_dict(), "about": about or {}}
    tensors = {
        name: value.to(torch.float64 if name == "borders" else torch.float32)
        for name, value in network.state_dict().items()
    }
    write_tensors(Path(path), tensors, header)


def load_network(path: str | Path) -> tuple[PriorFittedTransformer, dict[str, Any]]:
    """A network and what was written about it.

    Raises:
        InvalidInputError: not such a file, or of a later version.
    """
    tensors, header = read_tensors(Path(path), _WHAT, _VERSION)
    network = PriorFittedTransformer(TransformerShape(**header["shape"]))
    network.load_state_dict(tensors)
    return network.requires_grad_(False).eval(), header["about"]


def save_training(trainer: Trainer, path: str | Path, about: dict[str, Any] | None = None) -> None:
    """Write the whole state of a training, at once: a kill leaves the old file or the new."""
    tensors = training_tensors(_NETWORK, trainer.network, trainer.optimizer, trainer.generator)
    header = {
        "version": _VERSION,
        "shape": trainer.network.shape.as_dict(),
        "plan": trainer.plan.as_dict(),
        "step": trainer.step,
        "elapsed": trainer.elapsed,
        "log": [asdict(note) for note in trainer.log],
        "about": about or {},
    }
    write_tensors(Path(path), tensors, header)


def resume_training(trainer: Trainer, path: str | Path, restart_schedule: bool = False) -> dict[str, Any]:
    """Take up a training where its file left it.

    Args:
        trainer: new, of the same network and prior.
        path: of the file.
        restart_schedule: count steps and time from zero again, for further training of what was finished.

    Returns:
        What was written about it.

    Raises:
        InvalidInputError: not such a file, or of another network.
    """
    tensors, header = read_tensors(Path(path), _WHAT, _VERSION)
    if "step" not in header or header["shape"] != trainer.network.shape.as_dict():
        raise InvalidInputError(f"{path} is no training of this network; it has shape {header['shape']}")
    restore_training(_NETWORK, trainer.network, trainer.optimizer, trainer.generator, tensors)
    trainer.has_borders = True
    trainer.log = [Note(**note) for note in header["log"]]
    if not restart_schedule:
        trainer.step, trainer.elapsed = int(header["step"]), float(header["elapsed"])
    about: dict[str, Any] = header["about"]
    return about


def read_header(path: str | Path) -> dict[str, Any]:
    """The JSON of a file: of a network `shape` and `about`, of a training also `plan`, `step`, `log`.

    Raises:
        InvalidInputError: not such a file.
    """
    return read_tensors(Path(path), _WHAT, _VERSION, header_only=True)[1]
