"""What a portfolio has learnt, as tensors in a file: the members with weight, and the memory of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from augury.errors import InvalidInputError

_MEMORY, _WEIGHT, _MEMBER = "memory.", "weight.", "member."


def learnt_state(
    memory: Mapping[str, Tensor], weights: Mapping[str, float], fitted: Mapping[str, Any]
) -> dict[str, Tensor]:
    """The state of a portfolio from its `hyperparameters()`, its weights and its trained members."""
    state = {f"{_MEMORY}{key}": value for key, value in memory.items()}
    for name, weight in weights.items():
        state[f"{_WEIGHT}{name}"] = torch.tensor(weight, dtype=torch.float64)
        own = fitted[name].learnt_state()
        state |= {f"{_MEMBER}{name}.{key}": value for key, value in own.items()}
    return state


def restored(
    state: Mapping[str, Tensor], build: Callable[[str], Any]
) -> tuple[dict[str, Tensor], dict[str, float], dict[str, Any]]:
    """Memory, weights and trained members of a `learnt_state`.

    Args:
        state: what `learnt_state` gave.
        build: a member by name, not yet trained.

    Raises:
        InvalidInputError: no member has weight.
    """
    memory, weights, fitted = part(state, _MEMORY), part(state, _WEIGHT), {}
    if not weights:
        raise InvalidInputError("the state of the portfolio has no member with weight")
    for name in weights:
        fitted[name] = build(name)
        fitted[name].restore_state(part(state, f"{_MEMBER}{name}."))
    return memory, {name: float(weight) for name, weight in weights.items()}, fitted


def part(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The entries whose keys begin with a prefix, without it."""
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
