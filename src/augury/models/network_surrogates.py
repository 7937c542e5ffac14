"""Bayesian neural networks by name: one model, a way to its posterior for each name."""

from __future__ import annotations

from torch import Tensor

from augury.inference.base import Inference
from augury.inference.cyclical_sgld import CyclicalSGLD
from augury.inference.deep_ensemble import DeepEnsemble
from augury.inference.hmc import HMC
from augury.inference.laplace import Laplace
from augury.inference.mc_dropout import MCDropout
from augury.inference.nuts import NUTS
from augury.inference.sghmc import SGHMC
from augury.models.bayesian_neural_network import BayesianNeuralNetwork
from augury.models.matched_prior import matched_prior
from augury.models.network_prior import PriorSpecification
from augury.space.space import Space


def hmc(train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space) -> BayesianNeuralNetwork:
    """A network sampled by Hamiltonian Monte Carlo."""
    return _network(HMC(), train_X, train_Y, train_Yvar, space)


def nuts(train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space) -> BayesianNeuralNetwork:
    """A network sampled by the no-U-turn sampler."""
    return _network(NUTS(), train_X, train_Y, train_Yvar, space)


def sghmc(train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space) -> BayesianNeuralNetwork:
    """A network sampled by adaptive stochastic-gradient Hamiltonian Monte Carlo."""
    return _network(SGHMC(), train_X, train_Y, train_Yvar, space)


def cyclical_sgld(
    train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space
) -> BayesianNeuralNetwork:
    """A network sampled by stochastic-gradient Langevin dynamics in cycles."""
    return _network(CyclicalSGLD(), train_X, train_Y, train_Yvar, space)


def laplace(
    train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space
) -> BayesianNeuralNetwork:
    """A network linearised at its mode (Laplace approximation)."""
    return _network(Laplace(), train_X, train_Y, train_Yvar, space, prior=1.0)  # it tunes the scale itself


def deep_ensemble(
    train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space
) -> BayesianNeuralNetwork:
    """Networks trained from different starts."""
    return _network(DeepEnsemble(), train_X, train_Y, train_Yvar, space)


def mc_dropout(
    train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space
) -> BayesianNeuralNetwork:
    """A network with hidden units dropped at random."""
    return _network(MCDropout(), train_X, train_Y, train_Yvar, space)


def functional_prior(
    train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space
) -> BayesianNeuralNetwork:
    """A network whose functions are a priori like those of a Gaussian process, sampled by SGHMC."""
    return _network(SGHMC(), train_X, train_Y, train_Yvar, space, prior=matched_prior)


def _network(
    inference: Inference,
    train_X: Tensor,
    train_Y: Tensor,
    train_Yvar: Tensor | None,
    space: Space,
    prior: PriorSpecification | None = None,
) -> BayesianNeuralNetwork:
    return BayesianNeuralNetwork(
        train_X,
        train_Y,
        train_Yvar,
        categorical_features=space.categorical_features,
        prior=prior,
        inference=inference,
    )
