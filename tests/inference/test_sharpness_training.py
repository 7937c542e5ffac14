"""A bound on sharpness in the training of the package's network surrogates."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import torch

from augury.inference import (
    HMC,
    NUTS,
    SGHMC,
    CyclicalSGLD,
    DeepEnsemble,
    GaussianWeightPrior,
    Laplace,
    MCDropout,
    NetworkDensity,
)
from augury.inference.sharpness import SharpnessRegularizer
from augury.inference.sharpness_training import with_sharpness
from augury.models import BayesianNeuralNetwork
from augury.models.registry import MODELS
from augury.networks import MLP, StackedNetwork
from augury.strategies import OFFLINE_METHODS

_X = torch.rand(16, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
_Y = torch.sin(3.0 * _X.sum(dim=1, keepdim=True))
_HARD = SharpnessRegularizer(radius=0.2, fd_step=0.1, budget=None, weight=2.0)


def _density():
    network = StackedNetwork(MLP(2, (6,)))
    return NetworkDensity(network, GaussianWeightPrior(network, 2.0), _X, _Y, 0.1)


def _norms(density, theta):
    at = theta[:, : density.num_weights].detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(density.network(at, density.X).mean(dim=(1, 2)).sum(), at)
    return slope.norm(dim=1)


@pytest.mark.parametrize("exact", [False, True])
def test_each_network_has_a_penalty_and_a_multiplier_of_its_own(exact):
    density = _density()
    theta = density.network.initial(3, torch.Generator().manual_seed(1))
    sharpness = SharpnessRegularizer(radius=0.2, fd_step=1e-4, budget=None, weight=0.5, exact=exact)
    added = with_sharpness(torch.zeros_like, density, sharpness)(theta)
    step = 1e-5
    for row in range(3):
        direction = torch.randn(theta.shape[1], dtype=torch.float64)
        ends = [_norms(density, (theta[row] + sign * step * direction)[None])[0] for sign in (1.0, -1.0)]
        slope = 16 * 0.5 * 0.2 * float(ends[0] - ends[1]) / (2.0 * step)
        assert float(added[row] @ direction) == pytest.approx(slope, rel=1e-2, abs=1e-3)
    bounded = SharpnessRegularizer(radius=0.2, budget=0.0, dual_lr=1.0)
    bounded.gradient(lambda at: density.network(at, density.X).mean(dim=(1, 2)), theta)
    assert bounded.multiplier.numpy() == pytest.approx(0.001 + 0.2 * _norms(density, theta).numpy())


def test_without_a_penalty_the_gradient_is_what_it_was():
    assert with_sharpness(torch.zeros_like, _density(), None) is torch.zeros_like


@pytest.mark.parametrize(
    "inference",
    [
        lambda sharpness: DeepEnsemble(num_members=2, num_steps=150, subset=1.0, sharpness=sharpness),
        lambda sharpness: MCDropout(num_steps=150, num_masks=2, num_samples=4, sharpness=sharpness),
        lambda sharpness: Laplace(num_steps=150, num_rounds=1, num_starts=1, sharpness=sharpness),
    ],
)
def test_trained_networks_are_less_sharp(inference):
    density = _density()
    sharp, less = (
        inference(sharpness).run(density).warm_start["theta"].reshape(-1, density.num_weights)
        for sharpness in (None, _HARD)
    )
    assert (_norms(density, less) < 0.9 * _norms(density, sharp)).all()


def test_every_registered_network_that_is_trained_takes_it():
    """Samplers draw from a posterior, and the other surrogates have no weights that an optimiser trains; a
    deep kernel's marginal likelihood is served through `mean_fn`."""
    networks = {
        name: part.keywords["inference"]
        for name in MODELS.names()
        if isinstance(part := MODELS.load(name), partial) and part.func is BayesianNeuralNetwork
    }
    trained = {
        name: one for name, one in networks.items() if not isinstance(one, (HMC, NUTS, SGHMC, CyclicalSGLD))
    }
    assert {"laplace", "deep-ensemble", "mc-dropout"} <= set(trained)
    for name, inference in trained.items():
        bounded = replace(inference, num_steps=5, sharpness=_HARD)
        model = MODELS.load(name)(_X, _Y, inference=bounded, prior=1.0).fit(seed=0)
        plain = MODELS.load(name)(_X, _Y, inference=replace(bounded, sharpness=None), prior=1.0).fit(seed=0)
        assert not torch.allclose(model.posterior(_X).mean, plain.posterior(_X).mean), name


def test_every_offline_method_on_networks_takes_it():
    for name in OFFLINE_METHODS.names():
        method = OFFLINE_METHODS.load(name)()
        if hasattr(method, "networks"):
            replace(method, networks=replace(method.networks, sharpness=_HARD))
        else:
            assert name in {"bridge", "gp-ascent", "qei"}  # nothing predicts the score by a network


def test_a_surrogate_takes_it():
    model = BayesianNeuralNetwork(_X, _Y, inference=DeepEnsemble(2, 20, sharpness=SharpnessRegularizer()))
    assert torch.isfinite(model.fit(seed=0).posterior(_X[:3]).mean).all()
    assert model.inference.sharpness.multiplier.tolist() == [1e-3]  # the options are not used up
