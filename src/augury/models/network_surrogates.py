"""Bayesian neural networks by name: one model, a way to its posterior for each name."""

from __future__ import annotations

from functools import partial
from typing import Any

from augury.inference.cyclical_sgld import CyclicalSGLD
from augury.inference.deep_ensemble import DeepEnsemble
from augury.inference.hmc import HMC
from augury.inference.laplace import Laplace
from augury.inference.mc_dropout import MCDropout
from augury.inference.nuts import NUTS
from augury.inference.sghmc import SGHMC
from augury.models.bayesian_neural_network import BayesianNeuralNetwork
from augury.models.matched_prior import matched_prior


def _network(summary: str, **options: Any) -> partial[BayesianNeuralNetwork]:
    """The class with options, described by a line of its own."""
    network = partial(BayesianNeuralNetwork, **options)
    network.__doc__ = summary
    return network


hmc = _network("A network sampled by Hamiltonian Monte Carlo.", inference=HMC())
nuts = _network("A network sampled by the no-U-turn sampler.", inference=NUTS())
sghmc = _network(
    "A network sampled by adaptive stochastic-gradient Hamiltonian Monte Carlo.", inference=SGHMC()
)
cyclical_sgld = _network(
    "A network sampled by stochastic-gradient Langevin dynamics in cycles.", inference=CyclicalSGLD()
)
#: The approximation tunes the scale of the prior itself.
laplace = _network(
    "A network linearised at its mode (Laplace approximation).", inference=Laplace(), prior=1.0
)
deep_ensemble = _network("Networks trained from different starts.", inference=DeepEnsemble())
mc_dropout = _network("A network with hidden units dropped at random.", inference=MCDropout())
functional_prior = _network(
    "A network whose functions are a priori like those of a Gaussian process, sampled by SGHMC.",
    inference=SGHMC(),
    prior=matched_prior,
)
