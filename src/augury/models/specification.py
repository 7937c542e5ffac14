"""What a user may give as `model=`, checked where it is given; without loading torch."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

from augury.errors import InvalidInputError
from augury.signature import signature_of, takes


def check_specification(model: Any) -> None:
    """Refuse what is neither a name nor anything of which `build_model` can make a surrogate.

    Raises:
        InvalidInputError: it is not; a model object; options that the class does not have; a function of
            other arguments than (train_X, train_Y, train_Yvar, space).
    """
    if isinstance(model, str):
        return
    made = model.func if isinstance(model, partial) else model
    if isinstance(made, type):
        _check_class(model, made)
    elif hasattr(made, "posterior"):
        kind = type(made).__name__
        raise InvalidInputError(
            f"model is a {kind} object, which has its data already; give the class {kind}, with options by "
            f"functools.partial({kind}, ...), for it is made anew from all results"
        )
    elif not callable(model):
        raise InvalidInputError(
            f"model must be a name, a Model class or a callable; given {type(model).__name__}"
        )
    elif not takes(model, 4):
        raise InvalidInputError(
            f"model is a function of {signature_of(model)}; it is called with "
            "(train_X, train_Y, train_Yvar, space)"
        )


def _check_class(model: Any, made: type) -> None:
    if not hasattr(made, "posterior"):
        raise InvalidInputError(f"{made.__name__} is not a botorch Model class")
    if not isinstance(model, partial):
        return
    try:
        inspect.signature(model)
    except ValueError:
        options = ", ".join(inspect.signature(made).parameters)
        raise InvalidInputError(
            f"model={made.__name__} was given options that it does not have "
            f"({', '.join(model.keywords)}); its arguments are {options}"
        ) from None
