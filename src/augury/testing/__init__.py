"""Conformance suites: run them over a part of your own to know that it fits every interface.

check_model      a Model
MODEL_CHECKS     its named checks
check_strategy   a Strategy
STRATEGY_CHECKS  its named checks, for `pytest.mark.parametrize`
check_store      a Store
STORE_CHECKS     its named checks
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augury.testing.models import MODEL_CHECKS as MODEL_CHECKS
    from augury.testing.models import check_model as check_model
    from augury.testing.stores import STORE_CHECKS as STORE_CHECKS
    from augury.testing.stores import check_store as check_store
    from augury.testing.strategies import STRATEGY_CHECKS as STRATEGY_CHECKS
    from augury.testing.strategies import check_strategy as check_strategy

_ATTRIBUTES = {
    "MODEL_CHECKS": "models",
    "STORE_CHECKS": "stores",
    "STRATEGY_CHECKS": "strategies",
    "check_model": "models",
    "check_store": "stores",
    "check_strategy": "strategies",
}

__all__ = sorted(_ATTRIBUTES)


def __getattr__(name: str) -> Any:
    if name in _ATTRIBUTES:
        return getattr(import_module(f"augury.testing.{_ATTRIBUTES[name]}"), name)
    raise AttributeError(f"module 'augury.testing' has no attribute {name!r}")
