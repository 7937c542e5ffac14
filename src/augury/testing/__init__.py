"""Conformance suites: run them over a part of your own to know that it fits every interface.

check_kernel     a Kernel
KERNEL_CHECKS    its named checks, for `pytest.mark.parametrize`
check_model      a Model
MODEL_CHECKS     its named checks
check_strategy   a Strategy
STRATEGY_CHECKS  its named checks
check_store      a Store
STORE_CHECKS     its named checks
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.testing.kernels import KERNEL_CHECKS as KERNEL_CHECKS
    from augury.testing.kernels import check_kernel as check_kernel
    from augury.testing.models import MODEL_CHECKS as MODEL_CHECKS
    from augury.testing.models import check_model as check_model
    from augury.testing.stores import STORE_CHECKS as STORE_CHECKS
    from augury.testing.stores import check_store as check_store
    from augury.testing.strategies import STRATEGY_CHECKS as STRATEGY_CHECKS
    from augury.testing.strategies import check_strategy as check_strategy

_ATTRIBUTES = {
    "KERNEL_CHECKS": "augury.testing.kernels",
    "MODEL_CHECKS": "augury.testing.models",
    "STORE_CHECKS": "augury.testing.stores",
    "STRATEGY_CHECKS": "augury.testing.strategies",
    "check_kernel": "augury.testing.kernels",
    "check_model": "augury.testing.models",
    "check_store": "augury.testing.stores",
    "check_strategy": "augury.testing.strategies",
}

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
