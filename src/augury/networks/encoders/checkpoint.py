"""Weights of an encoder from a file: tensors only, no code."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from augury.errors import InvalidInputError


def load_checkpoint(module: nn.Module, path: str | Path, *, ignore: Sequence[str] = ()) -> None:
    """Gives a network the weights of a released checkpoint, or of one's own.

    Reads `.safetensors`, and PyTorch's format for anything else, in which tensors and plain containers are
    accepted and any other object is refused (`weights_only`). Weights may stand under `"model"` or
    `"state_dict"`, as training scripts save them. Values take the dtype and device of the network.

    Args:
        module: the network.
        path: the file.
        ignore: beginnings of names that may be missing from the file or from the network, such as
            `("head.",)` for a file with a classifier and a network without.

    Raises:
        InvalidInputError: no such file, one that holds something else than tensors, or names or shapes that
            are not those of the network; the network is unchanged then.
    """
    state = _read(Path(path))
    own = module.state_dict()

    def needed(names: set[str]) -> list[str]:
        return sorted(name for name in names if not name.startswith(tuple(ignore)))

    shared = needed(own.keys() & state.keys())
    problems = [
        f"{kind} {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
        for kind, names in (
            ("missing:", needed(own.keys() - state.keys())),
            ("unknown:", needed(state.keys() - own.keys())),
            ("of another shape:", [name for name in shared if own[name].shape != state[name].shape]),
        )
        if names
    ]
    if problems:
        raise InvalidInputError(
            f"{path} does not fit this network ({'; '.join(problems)}): build the variant it was made with "
            "(folded=True if it was folded, num_classes as there), or name what to leave out in ignore"
        )
    module.load_state_dict({name: state[name] for name in shared}, strict=False)


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise InvalidInputError(f"no checkpoint at {path}")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise InvalidInputError(
            f"{path} is not a file of tensors alone (safetensors, or a state_dict saved by PyTorch); "
            "save the state_dict of the network it comes from"
        ) from error
    for key in ("model", "state_dict"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise InvalidInputError(f"{path} holds no state_dict (names and tensors)")
    return content
