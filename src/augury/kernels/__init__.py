"""Covariance functions, and the activations and recursions of infinitely wide networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.kernels.activation import ACTIVATIONS as ACTIVATIONS
    from augury.kernels.activation import Activation as Activation
    from augury.kernels.activation import leaky_relu as leaky_relu
    from augury.kernels.activation import resolve_activation as resolve_activation

_ATTRIBUTES = {
    "ACTIVATIONS": "augury.kernels.activation",
    "Activation": "augury.kernels.activation",
    "leaky_relu": "augury.kernels.activation",
    "resolve_activation": "augury.kernels.activation",
}

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
