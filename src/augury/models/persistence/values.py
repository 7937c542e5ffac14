"""Arguments of constructors as JSON and named tensors, and back.

A value is a number, a text, a truth value or None; a list; or an object whose first key says what it is:
`{"tensor": name}`, `{"mapping": [[key, value], ...]}`, `{"default": true}`, `{"dtype": name}`, or a part (see
`parts`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from botorch.utils.types import DEFAULT, _DefaultType
from torch import Tensor

from augury.errors import InvalidInputError
from augury.models.persistence import parts

Tensors = dict[str, Tensor]


class CannotBeWritten(Exception):  # noqa: N818 (a signal between these modules)
    """A value that no file can hold: a user's module, a function of the user's."""


def encode(value: Any, name: str, tensors: Tensors) -> Any:
    """A value as JSON.

    Args:
        value: an argument.
        name: of the tensors in it.
        tensors: where they are put.

    Raises:
        CannotBeWritten: an object that is neither data nor a part of augury's.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value if isinstance(value, int) or math.isfinite(value) else {"number": repr(value)}
    if isinstance(value, np.generic):
        return encode(value.item(), name, tensors)
    if isinstance(value, (Tensor, np.ndarray)):
        tensors[name] = torch.as_tensor(value).detach().clone().contiguous()
        return {"tensor": name}
    if isinstance(value, _DefaultType):
        return {"default": True}
    if isinstance(value, torch.dtype):
        return {"dtype": str(value).removeprefix("torch.")}
    if isinstance(value, (list, tuple)):
        return [encode(one, f"{name}.{index}", tensors) for index, one in enumerate(value)]
    if isinstance(value, Mapping):
        return {
            "mapping": [
                [encode(key, name, tensors), encode(one, f"{name}.{key}", tensors)]
                for key, one in value.items()
            ]
        }
    described = parts.describe(value)
    if described is None:
        raise CannotBeWritten(name)
    kind, path, arguments = described
    return {
        kind: path,
        "arguments": {key: encode(one, f"{name}.{key}", tensors) for key, one in arguments.items()},
    }


def decode(document: Any, tensors: Mapping[str, Tensor]) -> Any:
    """The inverse of `encode`.

    Raises:
        InvalidInputError: a document that `encode` does not make.
    """
    if document is None or isinstance(document, (bool, int, float, str)):
        return document
    if isinstance(document, list):
        return [decode(one, tensors) for one in document]
    kind = next(iter(document), None) if isinstance(document, dict) else None
    content = None if kind is None else document[kind]
    if kind == "number" and content in ("nan", "inf", "-inf"):
        return float(content)
    if kind == "tensor" and isinstance(content, str) and content in tensors:
        return tensors[content]
    if kind == "default":
        return DEFAULT
    if kind == "dtype" and isinstance(found := getattr(torch, str(content), None), torch.dtype):
        return found
    if kind == "mapping" and isinstance(content, list):
        return {decode(key, tensors): decode(one, tensors) for key, one in content}
    arguments = document.get("arguments") if isinstance(document, dict) else None
    if kind in parts.KINDS and isinstance(content, str) and isinstance(arguments, dict):
        return parts.made(kind, content, {key: decode(one, tensors) for key, one in arguments.items()})
    raise InvalidInputError(f"{str(document)[:80]!r} is no argument that augury has written")
