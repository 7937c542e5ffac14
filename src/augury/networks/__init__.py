"""Architectures: `torch.nn.Module`s, their initialisation, and many copies of one evaluated at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.networks.critical_init import critical_init_ as critical_init_
    from augury.networks.mlp import MLP as MLP
    from augury.networks.stacked import StackedNetwork as StackedNetwork

_ATTRIBUTES = {
    "MLP": "augury.networks.mlp",
    "StackedNetwork": "augury.networks.stacked",
    "critical_init_": "augury.networks.critical_init",
}

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
