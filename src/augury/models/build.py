"""From what a user gives as `model=` to a constructed surrogate."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from botorch.models.model import Model
from torch import Tensor

from augury.errors import InvalidInputError
from augury.models.registry import MODELS
from augury.space.space import Space

ModelSpecification = str | type[Model] | Callable[..., Model]
#: What `model="auto"` stands for.
DEFAULT_MODEL = "gp"


def build_model(
    model: ModelSpecification, train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space
) -> Model:
    """Construct (and not yet fit) the surrogate that `model` stands for.

    Args:
        model: a registered name, a `Model` class, or a callable
            `(train_X, train_Y, train_Yvar, space) -> Model`.
        train_X: `n x d` encoded inputs.
        train_Y: `n x m` outcomes.
        train_Yvar: `n x m` noise variances, or None.
        space: tells which columns are categories, and their descriptors.

    Raises:
        InvalidInputError: an unknown name, or something that does not give a `Model`.
    """
    if isinstance(model, str):
        model = MODELS.load(DEFAULT_MODEL if model == "auto" else model)
    if not isinstance(model, type):
        if not callable(model):
            raise InvalidInputError(
                f"model must be a name, a Model class or a callable; given {type(model).__name__}"
            )
        built: Any = model(train_X, train_Y, train_Yvar, space)
        if not isinstance(built, Model):
            raise InvalidInputError(
                f"the model callable must return a botorch Model; it returned {type(built).__name__}"
            )
        return built
    if not issubclass(model, Model):
        raise InvalidInputError(f"{model.__name__} is not a botorch Model class")
    # By name: BoTorch's models do not agree on what the third argument is.
    return model(train_X=train_X, train_Y=train_Y, train_Yvar=train_Yvar, **_space_arguments(model, space))


def _space_arguments(model: type[Model], space: Space) -> dict[str, Any]:
    accepted = inspect.signature(model).parameters
    arguments: dict[str, Any] = {}
    if "categorical_features" in accepted and space.categorical_features:
        arguments["categorical_features"] = space.categorical_features
    elif "cat_dims" in accepted:  # BoTorch's mixed models, which refuse a space without categories
        arguments["cat_dims"] = space.categorical_features
    if space.descriptors and "descriptors" in accepted:
        arguments["descriptors"] = space.descriptors
    return arguments
