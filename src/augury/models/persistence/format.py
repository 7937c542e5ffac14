"""The file format: tensors beside a JSON document, with a version."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version as installed_version
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from safetensors.torch import save as write_tensors
from torch import Tensor

from augury.errors import InvalidInputError

FORMAT = "augury-model"
VERSION = 1

Document = dict[str, Any]
Tensors = dict[str, Tensor]
#: version -> what makes of a file of that version one of the next; so files of every version can be read.
MIGRATIONS: dict[int, Callable[[Document, Tensors], tuple[Document, Tensors]]] = {}

_LENGTH_BYTES = 8


def to_bytes(document: Document, tensors: Tensors) -> bytes:
    """A file's content."""
    header = {
        "format": FORMAT,
        "version": str(VERSION),
        "augury": installed_version("augury"),
        "document": json.dumps(document, allow_nan=False),
    }
    return write_tensors(tensors, metadata=header)


def from_bytes(content: bytes, source: str) -> tuple[Document, Tensors]:
    """The document and tensors of a file, brought to this version.

    Args:
        content: of the file.
        source: its name, for messages.

    Raises:
        InvalidInputError: no safetensors file, or a damaged one; not one of augury's; of a newer version.
    """
    try:
        tensors = read_tensors(content)
        length = int.from_bytes(content[:_LENGTH_BYTES], "little")
        header = json.loads(content[_LENGTH_BYTES : _LENGTH_BYTES + length]).get("__metadata__") or {}
    except (SafetensorError, ValueError) as error:
        raise InvalidInputError(
            f"{source} is no safetensors file, or is damaged ({error}); give one that model.save(...) wrote"
        ) from None
    if header.get("format") != FORMAT:
        raise InvalidInputError(f"{source} was not written by model.save(...); it holds other tensors")
    version = _version(header.get("version"), source)
    try:
        document = json.loads(header["document"])
    except (KeyError, ValueError):
        document = None
    if not isinstance(document, dict):
        raise damaged(source, "its header is no JSON document")
    while version < VERSION:
        document, tensors = MIGRATIONS[version](document, tensors)
        version += 1
    return document, tensors


def damaged(source: str, what: object) -> InvalidInputError:
    """The error for a file that augury wrote, but not like this."""
    return InvalidInputError(f"{source} is damaged: {what}")


def _version(text: Any, source: str) -> int:
    try:
        version = int(text)
    except (TypeError, ValueError):
        version = 0
    if version < 1:
        raise damaged(source, f"its version is {text!r}")
    if version > VERSION:
        raise InvalidInputError(
            f"{source} has format version {version}; this augury reads up to {VERSION}: update augury"
        )
    return version
