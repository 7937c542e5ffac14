"""Files of trainings: tensors in safetensors, the rest as JSON in their header; data only, no code."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from augury.errors import InvalidInputError

_OPTIMIZER = "optimizer."
_GENERATOR = "generator"


def write_tensors(path: Path, tensors: dict[str, Tensor], header: dict[str, Any]) -> None:
    """Write a file at once: a kill leaves the old one or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    contiguous = {name: value.detach().contiguous() for name, value in tensors.items()}
    save_file(contiguous, part, metadata={"augury": json.dumps(header)})
    part.replace(path)


def read_tensors(
    path: Path, what: str, version: int, header_only: bool = False
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the header of a file.

    Args:
        path: of the file.
        what: it should be, for messages ("a prior-fitted network").
        version: of the header that is understood.
        header_only: leave the tensors out.

    Raises:
        InvalidInputError: not such a file, or of another version.
    """
    if not path.is_file():
        raise InvalidInputError(f"there is no file {path}")
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})["augury"])
            tensors = {} if header_only else {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (KeyError, ValueError, OSError, RuntimeError) as error:
        raise InvalidInputError(f"{path} is not {what} in safetensors") from error
    except Exception as error:  # safetensors raises a class of its own
        if type(error).__name__ != "SafetensorError":
            raise
        raise InvalidInputError(f"{path} is not {what} in safetensors") from error
    if header.get("version") != version:
        raise InvalidInputError(f"{path} is of version {header.get('version')}; this augury reads {version}")
    return tensors, header


def with_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under names that begin with `prefix`."""
    return {prefix + name: value for name, value in tensors.items()}


def without_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Those of the tensors whose names begin with `prefix`, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The moments of an optimiser by name, as `_restore_optimizer` takes them."""
    return {
        f"{_OPTIMIZER}{index}.{name}": value
        for index, state in optimizer.state_dict()["state"].items()
        for name, value in state.items()
    }


def _restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Give an optimiser of the same parameters the moments that are among the tensors of a file."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in without_prefix(_OPTIMIZER, tensors).items():
        index, key = name.split(".")
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def training_tensors(
    prefix: str, network: nn.Module, optimizer: torch.optim.Optimizer, generator: torch.Generator
) -> dict[str, Tensor]:
    """The state of a training: weights under names that begin with `prefix`, moments, random numbers."""
    weights: dict[str, Tensor] = with_prefix(prefix, network.state_dict())
    return weights | _optimizer_tensors(optimizer) | {_GENERATOR: generator.get_state()}


def restore_training(
    prefix: str,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator,
    tensors: dict[str, Tensor],
) -> None:
    """Give the parts of a training the state that `training_tensors` has written."""
    network.load_state_dict(without_prefix(prefix, tensors))
    _restore_optimizer(optimizer, tensors)
    generator.set_state(tensors[_GENERATOR])
