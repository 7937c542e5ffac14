"""From what a user gives as `model=` to a constructed, and then a trained, surrogate."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache, partial
from typing import Any

import torch
from botorch.models.gpytorch import GPyTorchModel
from botorch.models.model import Model
from torch import Tensor

from augury.errors import InvalidInputError
from augury.models.fidelity_inputs import automatic_model, version_arguments
from augury.models.registry import MODELS
from augury.models.specification import check_specification
from augury.space.space import Space

ModelSpecification = str | type[Model] | Callable[..., Model]
#: What `model="auto"` stands for, where the function has one version.
DEFAULT_MODEL = "gp"


def build_model(
    model: ModelSpecification,
    train_X: Tensor,
    train_Y: Tensor,
    train_Yvar: Tensor | None,
    space: Space,
    train_gradients: Tensor | None = None,
) -> Model:
    """Construct (and not yet fit) the surrogate that `model` stands for.

    Args:
        model: a registered name, a `Model` class, the same with options (`functools.partial(GaussianProcess,
            covar_module=kernel)`), or a callable `(train_X, train_Y, train_Yvar, space) -> Model`.
        train_X: `n x d` encoded inputs.
        train_Y: `n x m` outcomes.
        train_Yvar: `n x m` noise variances, or None.
        space: tells which columns are categories, and their descriptors.
        train_gradients: `n x m x d` derivatives of the outcomes, NaN where not measured; for `Model` classes
            that take an argument of this name, others do without.

    Raises:
        InvalidInputError: an unknown name, or something that does not give a `Model`.
    """
    if isinstance(model, str):
        model = MODELS.load(automatic_model(space) if model == "auto" else model)
    check_specification(model)
    made: Any = model.func if isinstance(model, partial) else model
    construct: Any = model
    if not isinstance(made, type):
        built: Any = construct(train_X, train_Y, train_Yvar, space)
        if not isinstance(built, Model):
            raise InvalidInputError(
                f"the model callable must return a botorch Model; it returned {type(built).__name__}"
            )
        return built
    if not issubclass(made, Model):
        raise InvalidInputError(f"{made.__name__} is not a botorch Model class")
    arguments = _space_arguments(construct, space)
    if not isinstance(model, partial) or "input_transform" not in model.keywords:
        arguments |= version_arguments(_accepted(construct), space, train_X)
    if train_gradients is not None and "train_gradients" in _accepted(construct):
        arguments["train_gradients"] = train_gradients
    # By name: BoTorch's models do not agree on what the third argument is.
    result: Model = construct(train_X=train_X, train_Y=train_Y, train_Yvar=train_Yvar, **arguments)
    return result


def fit_model(model: Any, initial: Mapping[str, Tensor] | None = None, seed: int = 0) -> Any:
    """Train a surrogate: by its own `fit`, or as BoTorch trains its Gaussian processes.

    Args:
        model: a BoTorch model; one that has neither is taken as trained and left alone.
        initial: `hyperparameters()` of an earlier fit, for models that can start from them.
        seed: for models that draw restarts.

    Returns:
        The trained model.
    """
    if starts_warm(model):
        return model.fit(initial=initial or None, seed=seed)
    if hasattr(model, "fit"):
        return model.fit()
    if isinstance(model, GPyTorchModel) and not model._is_fully_bayesian:
        from botorch.fit import fit_gpytorch_mll
        from gpytorch.mlls import ExactMarginalLogLikelihood

        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    return model


def starts_warm(model: Any) -> bool:
    """Whether the model's `fit` takes an earlier fit's `hyperparameters()` as `initial`.

    GPyTorch's modules have a method of that name too, so it alone does not tell.
    """
    if not hasattr(model, "fit"):
        return False
    method = getattr(model.fit, "__func__", None)
    return "initial" in (inspect.signature(model.fit).parameters if method is None else _parameters(method))


@lru_cache(maxsize=256)
def _parameters(function: Callable[..., Any]) -> frozenset[str]:
    """The names of a class's or a method's parameters, looked up once."""
    return frozenset(inspect.signature(function).parameters)


def _accepted(model: Callable[..., Model]) -> Collection[str]:
    """The names of the constructor's parameters."""
    return _parameters(model) if isinstance(model, type) else inspect.signature(model).parameters


def _space_arguments(model: Callable[..., Model], space: Space) -> dict[str, Any]:
    accepted = _accepted(model)
    arguments: dict[str, Any] = {}
    if "categorical_features" in accepted and space.categorical_features:
        arguments["categorical_features"] = space.categorical_features
    elif "cat_dims" in accepted:  # BoTorch's mixed models, which refuse a space without categories
        arguments["cat_dims"] = space.categorical_features
    if space.descriptors and "descriptors" in accepted:
        arguments["descriptors"] = space.descriptors
    if space.conditions and "conditions" in accepted:
        arguments["conditions"] = space.conditions
    if "nodes" in accepted and (points := space.point_cloud) is not None:
        nodes, coordinates = (torch.from_numpy(values.copy()) for values in points)
        arguments |= {"nodes": nodes, "coordinates": coordinates}
    return arguments
