"""What a strategy's user may give for its model and acquisition, checked where it is given."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from augury.errors import InvalidInputError
from augury.models.registry import MODELS
from augury.models.specification import check_specification
from augury.signature import takes

if TYPE_CHECKING:
    import torch

    from augury.registry import Registry
    from augury.strategies.outcome_models import ModelChoice
    from augury.strategies.state import State


def check_choice(what: str, given: Any, known: list[str], *registries: Registry) -> None:
    """Refuse a name that is neither among the known ones nor in a registry.

    Other packages are asked for their parts, which takes tens of milliseconds, only where a name is not
    built in.

    Raises:
        InvalidInputError: it is not.
    """
    if not isinstance(given, str) or given in known or any(given in registry for registry in registries):
        return
    registered = (name for registry in registries for name in registry.names())
    allowed = ", ".join(map(repr, dict.fromkeys([*known, *registered])))
    raise InvalidInputError(f"there is no {what} called {given!r}; choose one of {allowed}")


def check_model(given: Any) -> None:
    """Refuse what no surrogate can be made of.

    Raises:
        InvalidInputError: it is not a known name, nor a Model class or a function that gives a model.
    """
    check_choice("model", given, ["auto"], MODELS)
    check_specification(given)


def check_acquisition(given: Any, *registries: Registry) -> None:
    """Refuse what is neither "auto", a name in a registry nor a function of a situation.

    Raises:
        InvalidInputError: it is not.
    """
    check_choice("acquisition", given, ["auto"], *registries)
    if isinstance(given, str):
        return
    if not callable(given):
        raise InvalidInputError(f"acquisition must be a name or a callable; given {type(given).__name__}")
    if not takes(given, 1):
        name = getattr(given, "__name__", type(given).__name__)
        raise InvalidInputError(
            f"acquisition={name} cannot be called with the situation alone, from which it has to make an "
            "Acquisition; give a function (situation) -> Acquisition, or a name"
        )


def check_count(what: str, given: Any) -> None:
    """Refuse what is neither None nor a whole number of at least 1.

    Raises:
        InvalidInputError: it is neither.
    """
    if given is not None and (type(given) is not int or given < 1):
        raise InvalidInputError(
            f"{what}={given!r} is not allowed; give a whole number of at least 1, or None"
        )


def model_label(model: ModelChoice) -> str:
    """A name for the kind of model, so that one kind is not started from the other's hyperparameters."""
    if isinstance(model, str):
        return model
    made = model.func if isinstance(model, partial) else model
    return getattr(made, "__qualname__", type(made).__qualname__)


def warm_start(state: State | None, label: str) -> Mapping[str, torch.Tensor]:
    """The hyperparameters that a state keeps of models of this kind (`model_label`); none of another kind."""
    return state.tensors if state is not None and state.data.get("model") == label else {}
