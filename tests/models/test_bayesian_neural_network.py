"""Bayesian neural networks as BoTorch models."""

from __future__ import annotations

from functools import partial

import pytest

from augury.inference import HMC
from augury.models import BayesianNeuralNetwork
from augury.networks import MLP
from augury.testing import MODEL_CHECKS

small = partial(
    BayesianNeuralNetwork,
    network=lambda inputs, outputs: MLP(inputs, (10,), outputs),
    prior=2.0,
    inference=HMC(num_samples=20, burn_in=40, num_chains=4, max_leapfrog=20),
)


@pytest.mark.filterwarnings("ignore::augury.inference.InferenceWarning")  # the chains are very short
@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_a_network_sampled_by_hmc_conforms(check):
    check(small)
