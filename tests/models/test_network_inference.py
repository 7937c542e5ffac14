"""Bayesian neural networks, whatever the way to their posterior, as BoTorch models."""

from __future__ import annotations

from functools import partial

import pytest

from augury.inference import SGHMC, CyclicalSGLD, DeepEnsemble, Laplace, MCDropout
from augury.models import BayesianNeuralNetwork
from augury.networks import MLP
from augury.testing import MODEL_CHECKS

pytestmark = pytest.mark.filterwarnings("ignore::augury.inference.InferenceWarning")  # chains are short

SMALL = {
    "sghmc": SGHMC(num_samples=10, keep_every=10, burn_in=300, num_chains=4),
    "cyclical-sgld": CyclicalSGLD(num_cycles=2, num_samples=5, cycle_length=60, num_chains=4, num_steps=100),
    "laplace-full": Laplace("full", num_steps=200, num_rounds=2, num_starts=2),
    "laplace-kronecker": Laplace("kronecker", num_steps=200, num_rounds=2, num_starts=2),
    "laplace-last-layer": Laplace("last-layer", num_steps=200, num_rounds=2, num_starts=2),
    "deep-ensemble": DeepEnsemble(num_members=8, num_steps=200),
    "mc-dropout": MCDropout(num_samples=50, num_steps=200, num_masks=4),
}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_every_inference_conforms(check, name):
    factory = partial(
        BayesianNeuralNetwork,
        network=lambda inputs, outputs: MLP(inputs, (10,), outputs),
        prior=2.0,
        inference=SMALL[name],
    )
    check(factory)
