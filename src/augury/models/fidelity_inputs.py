"""How the fidelity or the task of a Space reaches the surrogates that know of versions of a function."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import torch
from botorch.models.transforms.input import InputTransform
from torch import Tensor, nn

from augury.space.fidelity import Fidelity
from augury.space.space import Space

#: The arguments by which models take the column of versions, all of them integers from 0.
_LEVELS, _TASKS = "fidelity_features", ("task_feature", "source_feature")


class VersionCodes(InputTransform, nn.Module):
    """Turns one column from encoded levels into the integers that models of several versions know.

    Args:
        column: that of the versions.
        levels: `T` encoded levels.
        codes: the integer of each, -1 for one that is not known.
    """

    def __init__(self, column: int, levels: Tensor, codes: Tensor) -> None:
        super().__init__()
        self.column = column
        self.transform_on_train = self.transform_on_eval = self.transform_on_fantasize = True
        self.is_one_to_many = False
        self.register_buffer("levels", levels)
        self.register_buffer("codes", codes)

    levels: Tensor
    codes: Tensor

    @classmethod
    def of(cls, fidelity: Fidelity, order: Sequence[int]) -> VersionCodes:
        """The codes 0, 1, ... of some of a fidelity's levels (their numbers), in this order."""
        codes = torch.full((len(fidelity.levels),), -1, dtype=torch.long)
        codes[list(order)] = torch.arange(len(order))
        return cls(fidelity.column, torch.from_numpy(fidelity.levels), codes)

    def transform(self, X: Tensor) -> Tensor:
        """The points (`... x d`) with the code of the nearest level in the column."""
        nearest = (X[..., self.column].detach().unsqueeze(-1) - self.levels).abs().argmin(dim=-1)
        codes = self.codes[nearest].unsqueeze(-1).to(X.dtype)
        return torch.cat([X[..., : self.column], codes, X[..., self.column + 1 :]], dim=-1)


def version_arguments(accepted: Collection[str], space: Space, train_X: Tensor) -> dict[str, Any]:
    """What a model that knows of versions is constructed with beside its data; nothing for others.

    Models of levels get the dearest last and the target above all; models with a truth among sources get the
    target first. Levels without a row are left out. A continuous fidelity is an ordinary input.

    Args:
        accepted: names of the constructor's parameters.
        space: with or without a fidelity.
        train_X: `n x d` encoded inputs.
    """
    fidelity = space.fidelity
    if fidelity is None or not fidelity.discrete:
        return {}
    argument = next((name for name in (_LEVELS, *_TASKS) if name in accepted), None)
    if argument is None or "input_transform" not in accepted:
        return {}
    arguments: dict[str, Any] = {
        argument: [fidelity.column] if argument == _LEVELS else fidelity.column,
        "input_transform": _codes(fidelity, train_X, target_first=argument == "source_feature"),
    }
    if "categorical_features" in accepted:
        others = [column for column in space.categorical_features if column != fidelity.column]
        arguments["categorical_features"] = others or None
    return arguments


def found_levels(fidelity: Fidelity, train_X: Tensor) -> list[int]:
    """The numbers of a discrete fidelity's levels that have rows, the cheapest first.

    Args:
        fidelity: of a space.
        train_X: `n x d` encoded inputs.
    """
    levels, costs = torch.from_numpy(fidelity.levels), fidelity.level_costs()
    found = (train_X[:, fidelity.column, None] - levels).abs().argmin(dim=1)
    return sorted(set(found.tolist()), key=lambda level: (costs[level], level))


def _codes(fidelity: Fidelity, train_X: Tensor, *, target_first: bool) -> VersionCodes:
    order = found_levels(fidelity, train_X)
    order.sort(key=lambda level: (level == fidelity.target_level) != target_first)
    return VersionCodes.of(fidelity, order)


def automatic_model(space: Space) -> str:
    """The name of the surrogate for the versions of a function, where none was asked for."""
    fidelity = space.fidelity
    if fidelity is None or not fidelity.discrete:
        return "gp"
    return "stepwise-co-kriging" if fidelity.ordered else "multi-task-gp"
