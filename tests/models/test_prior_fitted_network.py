"""The prior-fitted network as a surrogate."""

from __future__ import annotations

import pytest

from augury.models import PriorFittedNetwork
from augury.testing import MODEL_CHECKS


@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_it_conforms(check):
    check(PriorFittedNetwork)
