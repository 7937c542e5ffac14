"""Networks and trainings as safetensors files, the rest as JSON in their header: data only, no code."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.prior_fitted.training import Note, Trainer
from augury.networks.prior_fitted.transformer import PriorFittedTransformer, TransformerShape

_VERSION = 1


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
        name: value.detach().to(torch.float64 if name == "borders" else torch.float32).contiguous()
        for name, value in network.state_dict().items()
    }
    _write(Path(path), tensors, header)


def load_network(path: str | Path) -> tuple[PriorFittedTransformer, dict[str, Any]]:
    """A network and what was written about it.

    Raises:
        InvalidInputError: not such a file, or of a later version.
    """
    tensors, header = _read(Path(path))
    network = PriorFittedTransformer(TransformerShape(**header["shape"]))
    network.load_state_dict(tensors)
    return network.requires_grad_(False).eval(), header["about"]


def save_training(trainer: Trainer, path: str | Path, about: dict[str, Any] | None = None) -> None:
    """Write the whole state of a training, at once: a kill leaves the old file or the new."""
    tensors: dict[str, Tensor] = {f"network.{k}": v.detach() for k, v in trainer.network.state_dict().items()}
    tensors["generator"] = trainer.generator.get_state()
    for index, state in trainer.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
    header = {
        "version": _VERSION,
        "shape": trainer.network.shape.as_dict(),
        "plan": trainer.plan.as_dict(),
        "step": trainer.step,
        "elapsed": trainer.elapsed,
        "log": [asdict(note) for note in trainer.log],
        "about": about or {},
    }
    _write(Path(path), {name: value.contiguous() for name, value in tensors.items()}, header)


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
    tensors, header = _read(Path(path))
    if "step" not in header or header["shape"] != trainer.network.shape.as_dict():
        raise InvalidInputError(f"{path} is no training of this network; it has shape {header['shape']}")
    start = "network."
    trainer.network.load_state_dict(
        {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
    )
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".")
            state.setdefault(int(index), {})[key] = value
    optimizer = trainer.optimizer.state_dict()
    trainer.optimizer.load_state_dict({**optimizer, "state": state})
    trainer.has_borders = True
    trainer.generator.set_state(tensors["generator"])
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
    return _read(Path(path), header_only=True)[1]


def _write(path: Path, tensors: dict[str, Tensor], header: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    save_file(tensors, part, metadata={"augury": json.dumps(header)})
    part.replace(path)


def _read(path: Path, header_only: bool = False) -> tuple[dict[str, Tensor], dict[str, Any]]:
    if not path.is_file():
        raise InvalidInputError(f"there is no file {path}")
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})["augury"])
            tensors = {} if header_only else {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (KeyError, ValueError, OSError, RuntimeError) as error:
        raise InvalidInputError(f"{path} is not a prior-fitted network in safetensors") from error
    except Exception as error:  # safetensors raises a class of its own
        if type(error).__name__ != "SafetensorError":
            raise
        raise InvalidInputError(f"{path} is not a prior-fitted network in safetensors") from error
    if header.get("version") != _VERSION:
        raise InvalidInputError(f"{path} is of version {header.get('version')}; this augury reads {_VERSION}")
    return tensors, header
