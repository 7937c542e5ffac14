"""Every kind of store keeps the rules of `augury.testing.stores`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from augury.study.store import Store
from augury.testing import STORE_CHECKS
from augury.testing.stores import StoreCheck


@pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda check: check.__name__)
def test_store_conforms(check: StoreCheck, open_store: Callable[[], Store]) -> None:
    check(open_store)
