"""Trained surrogates in files, without pickle: one safetensors file with JSON in its header.

    model.save("model.safetensors")
    model = augury.load("model.safetensors")

A file holds what the model was constructed with and the state of its training; nothing in it is executed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.models.persistence.files import load as load
    from augury.models.persistence.files import save as save

_ATTRIBUTES = dict.fromkeys(("load", "save"), "augury.models.persistence.files")

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
