"""The default function prior of networks."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from augury.errors import NotSupportedError
from augury.inference import SGHMC, GaussianWeightPrior
from augury.inference.bures import bures_distance
from augury.models import BayesianNeuralNetwork
from augury.models.matched_prior import gaussian_process_prior, matched_prior
from augury.networks import MLP, StackedNetwork
from augury.testing import MODEL_CHECKS

pytestmark = pytest.mark.filterwarnings("ignore::augury.inference.InferenceWarning")  # chains are short

small = partial(
    BayesianNeuralNetwork,
    network=lambda inputs, outputs: MLP(inputs, (10,), outputs),
    prior=matched_prior,
    inference=SGHMC(num_samples=10, keep_every=5, burn_in=200, num_chains=4, lr=0.02),
)


@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_a_network_with_a_matched_prior_conforms(check):
    check(small)


def test_functions_come_closer_to_the_process():
    network = StackedNetwork(MLP(2, (20,)))
    X = 12.0**0.5 * (torch.rand(40, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) - 0.5)
    moments = gaussian_process_prior(2).moments(X, 500, generator=torch.Generator().manual_seed(1))
    before, after = (
        float(
            bures_distance(network(prior.sample(2000, torch.Generator().manual_seed(2)), X)[..., 0], *moments)
        )
        for prior in (GaussianWeightPrior(network, 2.0), matched_prior(network))
    )
    assert after < 0.5 * before


def test_equal_networks_share_what_was_found():
    first, second = (matched_prior(StackedNetwork(MLP(3, (4,), seed=seed))) for seed in (0, 1))
    assert torch.equal(first.variance, second.variance)


def test_the_number_of_inputs_must_be_known():
    with pytest.raises(NotSupportedError, match="Linear"):
        matched_prior(StackedNetwork(nn.Sequential(nn.Conv1d(1, 1, 1), nn.Linear(2, 1)).double()))
