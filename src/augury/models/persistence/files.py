"""Saving and loading surrogates."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from botorch.models.model import Model

from augury.construction import construction_of
from augury.errors import AuguryError, InvalidInputError, NotSupportedError
from augury.models.persistence import format as file_format
from augury.models.persistence.parts import class_at
from augury.models.persistence.values import CannotBeWritten, decode, encode
from augury.models.registry import MODELS
from augury.whole_file import check_parent, replacing

_STATE = "state."
_PROBES = 32  # training points at which a copy must predict the same
_TOLERANCE = 1e-6
#: What constructors and states of torch raise when they are given something else than they wrote.
_FAULTS = (TypeError, ValueError, LookupError, AttributeError, RuntimeError, AssertionError, ArithmeticError)


def save(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a trained surrogate into one file; an older file of that name is replaced by a complete one.

    Args:
        model: a `Surrogate` of augury's, or of a class registered in the entry-point group `augury.models`.
        path: the file, `....safetensors` by custom.

    Raises:
        InvalidInputError: the folder does not exist.
        NotSupportedError: a subset, a conditioned model or another copy that its constructor does not make; a
            class that is not registered.
    """
    target = Path(path)
    check_parent(target)
    content, _ = to_bytes(model)
    with replacing(target) as part:
        part.write_bytes(content)


def load(path: str | os.PathLike[str], **supplied: Any) -> Model:
    """The surrogate that `model.save(path)` wrote; it predicts the same.

    Args:
        path: the file.
        supplied: arguments of the constructor that no file can hold (a kernel or a network of your own),
            equal to those the model was made with; the error without them says which.

    Raises:
        InvalidInputError: no such file; not one of augury's, damaged, or of a newer version; arguments that
            have to be supplied are missing, or others are given.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InvalidInputError(f"cannot read {os.fspath(path)}: {error.strerror}") from None
    return from_bytes(content, supplied, source=str(os.fspath(path)))


def to_bytes(model: Any) -> tuple[bytes, dict[str, Any]]:
    """What `save` writes, and the arguments that `from_bytes` has to be given.

    Raises:
        NotSupportedError: as `save`.
    """
    arguments = construction_of(model) or {}
    tensors: dict[str, torch.Tensor] = {}
    written: dict[str, Any] = {}
    supplied: dict[str, Any] = {}
    for name, value in arguments.items():
        own: dict[str, torch.Tensor] = {}
        try:
            written[name] = encode(value, f"arguments.{name}", own)
        except CannotBeWritten:
            supplied[name] = value
        else:
            tensors |= own
    for name, value in model.learnt_state().items():
        tensors[f"{_STATE}{name}"] = value.detach().clone().contiguous()
    document = {"model": _name(type(model)), "arguments": written, "supplied": sorted(supplied)}
    content = file_format.to_bytes(document, tensors)
    _check_copy(model, content, supplied)
    return content, supplied


def from_bytes(content: bytes, supplied: Mapping[str, Any], source: str = "the file") -> Model:
    """The model of `to_bytes`.

    Raises:
        InvalidInputError: as `load`.
    """
    document, tensors = file_format.from_bytes(content, source)
    made = _class(document.get("model"), source)
    wanted, written = document.get("supplied"), document.get("arguments")
    if not isinstance(written, dict) or not isinstance(wanted, list):
        raise file_format.damaged(source, "it lacks the arguments of the model")
    if set(wanted) != set(supplied):
        raise InvalidInputError(
            f"{source} needs {_listed(wanted)} beside the file, as augury.load(path, name=...), equal to "
            f"what the model was made with; given {_listed(supplied)}"
        )
    state = {name.removeprefix(_STATE): value for name, value in tensors.items() if name.startswith(_STATE)}
    try:
        arguments = {name: decode(value, tensors) for name, value in written.items()}
        model = made(**arguments, **supplied)
        model.restore_state(state)
    except AuguryError as error:
        raise file_format.damaged(source, error) from None
    except _FAULTS as error:
        raise file_format.damaged(source, f"{type(error).__name__}: {error}") from error
    return model.eval()


def _name(kind: type) -> str:
    """How a file names a class: as it is registered, or where it stands in augury."""
    path = f"{kind.__module__}:{kind.__qualname__}"
    name = MODELS.name_of(path)
    if name is not None:
        return name
    if class_at(path) is kind:
        return path
    raise NotSupportedError(
        f"{kind.__qualname__} is not registered, so no file can name it; add it to the entry-point group "
        "'augury.models' of its package"
    )


def _class(name: Any, source: str) -> Any:
    if not isinstance(name, str):
        raise file_format.damaged(source, "it does not name its model")
    found = class_at(name) if ":" in name else (MODELS.load(name) if name in MODELS else None)
    if not (isinstance(found, type) and issubclass(found, Model)):
        raise InvalidInputError(
            f"{source} holds a model called {name!r}, which is not known here; install the package (or the "
            "version of augury) that has it"
        )
    return found


def _check_copy(model: Any, content: bytes, supplied: Mapping[str, Any]) -> None:
    """Refuse a model that constructor and state do not give back, before anybody relies on its file."""
    refusal = NotSupportedError(
        "this model is not what its constructor makes of its training data (a subset of the outcomes, or "
        "conditioned on more of them); save the model that it came from"
    )
    try:
        copy: Any = from_bytes(content, supplied)
    except InvalidInputError as error:
        raise refusal from error
    same = copy.num_outputs == model.num_outputs and copy.batch_shape == model.batch_shape
    if same and hasattr(model, "train_inputs"):
        X = model.train_inputs[0][:_PROBES].unsqueeze(-2)
        with torch.no_grad():
            given, made = model.posterior(X), copy.posterior(X)
            same = _equal(given.mean, made.mean) and _equal(given.variance, made.variance)
    if not same:
        raise refusal


def _equal(given: torch.Tensor, made: torch.Tensor) -> bool:
    scale = float(given.abs().max()) if given.numel() else 0.0
    return given.shape == made.shape and bool(
        torch.allclose(given, made, rtol=_TOLERANCE, atol=_TOLERANCE * scale)
    )


def _listed(names: Any) -> str:
    return ", ".join(sorted(map(str, names))) or "nothing"
