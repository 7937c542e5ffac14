"""Optuna's own suite for samplers of third parties, over the models and strategies of augury."""

from __future__ import annotations

import pytest
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    MultiObjectiveSamplerTestCase,
    RelativeSamplerTestCase,
)

from augury.integrations.optuna import AugurySampler

pytestmark = pytest.mark.filterwarnings("ignore")


class TestAugurySampler(BasicSamplerTestCase, RelativeSamplerTestCase, MultiObjectiveSamplerTestCase):
    @pytest.fixture
    def sampler(self):
        return lambda: AugurySampler(seed=0)


@pytest.mark.slow
class TestWithoutModel(BasicSamplerTestCase, RelativeSamplerTestCase, MultiObjectiveSamplerTestCase):
    @pytest.fixture
    def sampler(self):
        return lambda: AugurySampler(strategy="sobol", seed=0)


@pytest.mark.slow
class TestOtherSurrogate(BasicSamplerTestCase, RelativeSamplerTestCase, MultiObjectiveSamplerTestCase):
    @pytest.fixture
    def sampler(self):
        return lambda: AugurySampler(model="infinite-width", seed=0)
