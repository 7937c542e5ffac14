"""Bayesian neural networks by name: one model, a way to its posterior for each name."""

from __future__ import annotations

from torch import Tensor

from augury.inference.base import Inference
from augury.inference.hmc import HMC
from augury.models.bayesian_neural_network import BayesianNeuralNetwork
from augury.space.space import Space


def hmc(train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space) -> BayesianNeuralNetwork:
    """A network sampled by Hamiltonian Monte Carlo."""
    return _network(HMC(), train_X, train_Y, train_Yvar, space)


def _network(
    inference: Inference, train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space
) -> BayesianNeuralNetwork:
    return BayesianNeuralNetwork(
        train_X, train_Y, train_Yvar, categorical_features=space.categorical_features, inference=inference
    )
