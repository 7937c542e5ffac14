"""The sharpness of surrogates against closed forms, second derivatives and brute force."""

from __future__ import annotations

import math
import warnings

import gpytorch
import pytest
import torch
from torch import nn
from torch.func import functional_call

from augury.errors import InvalidInputError
from augury.inference.sharpness import SharpnessRegularizer, SharpnessWarning, surrogate_sharpness
from augury.networks.mlp import MLP

_X = torch.randn(12, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def _network(seed=0):
    return MLP(3, (8,), 1, "tanh", seed=seed)


def _norm(network, X=_X):
    slopes = torch.autograd.grad(network(X).mean(), list(network.parameters()))
    return float(torch.cat([slope.flatten() for slope in slopes]).norm())


def _penalty_gradient(network, **options):
    """What the penalty of weight 1 adds to the gradient of a loss of zero."""
    network.zero_grad()
    regularizer = SharpnessRegularizer(weight=1.0, budget=None, **options)
    regularizer.backward(0.0 * network(_X).sum(), network, _X)
    return torch.cat([parameter.grad.flatten() for parameter in network.parameters()])


def test_the_sharpness_of_a_linear_model_is_known():
    linear = nn.Linear(3, 1, dtype=torch.float64)
    expected = 0.3 * math.sqrt(1.0 + float(_X.mean(dim=0).square().sum()))
    for method in ("first_order", "ascent"):
        assert surrogate_sharpness(linear, _X, 0.3, method) == pytest.approx(expected)


def test_ascent_finds_what_no_random_move_exceeds():
    network, generator = _network(), torch.Generator().manual_seed(1)
    found = surrogate_sharpness(network, _X, 0.5, "ascent")
    theta = nn.utils.parameters_to_vector(network.parameters()).detach()
    base = float(network(_X).mean())
    for _ in range(200):
        move = torch.randn(len(theta), generator=generator, dtype=torch.float64)
        other = _network()
        nn.utils.vector_to_parameters(theta + 0.5 * move / move.norm(), other.parameters())
        assert float(other(_X).mean()) - base <= found + 1e-9


def test_second_derivatives_are_those_of_the_norm():
    network, step = _network(), 1e-5
    exact = _penalty_gradient(network, radius=0.2, exact=True)
    theta = nn.utils.parameters_to_vector(network.parameters()).detach().clone()
    for index in (0, 5, 20, len(theta) - 2):
        ends = []
        for sign in (1.0, -1.0):
            moved = theta.clone()
            moved[index] += sign * step
            nn.utils.vector_to_parameters(moved, network.parameters())
            ends.append(0.2 * _norm(network))
        assert float(exact[index]) == pytest.approx((ends[0] - ends[1]) / (2.0 * step), abs=1e-7)


def test_differences_of_gradients_tend_to_second_derivatives():
    network = _network()
    exact = _penalty_gradient(network, exact=True)
    errors = [float((_penalty_gradient(network, fd_step=r) - exact).norm()) for r in (1e-1, 1e-2, 1e-3)]
    assert errors[0] < 0.5 * float(exact.norm())
    assert errors[1] / errors[0] == pytest.approx(0.1, rel=0.3)
    assert errors[2] / errors[1] == pytest.approx(0.1, rel=0.3)


@pytest.mark.parametrize("exact", [False, True])
def test_the_weights_are_restored_and_the_loss_keeps_its_gradient(exact):
    network = _network()
    before = [parameter.detach().clone() for parameter in network.parameters()]
    loss = network(_X).square().mean()
    plain = torch.autograd.grad(loss, list(network.parameters()), retain_graph=True)
    SharpnessRegularizer(weight=0.0, budget=None, exact=exact).backward(loss, network, _X)
    for parameter, kept, slope in zip(network.parameters(), before, plain, strict=True):
        assert torch.equal(parameter, kept)
        assert parameter.grad.numpy() == pytest.approx(slope.numpy())


def _trained(sharpness, seed=0):
    network, y = _network(seed), torch.sin(2.0 * _X.sum(dim=1, keepdim=True))
    adam = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(50):
        adam.zero_grad()
        loss = (network(_X) - y).square().mean()
        if sharpness is None:
            loss.backward()
        else:
            sharpness.backward(loss, network, _X)
        adam.step()
    return network


@pytest.mark.parametrize(
    "sharpness",
    [
        SharpnessRegularizer(radius=0.2, fd_step=0.2, budget=None, weight=2.0),
        SharpnessRegularizer(radius=0.2, budget=0.25, dual_lr=2.0),
        SharpnessRegularizer(radius=0.2, budget=0.25, dual_lr=2.0, exact=True),
    ],
)
def test_training_with_it_is_less_sharp(sharpness):
    assert _norm(_trained(sharpness.fresh())) < 0.8 * _norm(_trained(None))


def test_the_multiplier_grows_above_the_budget_and_falls_to_zero_below():
    network = _network()
    for budget, rises in ((0.0, True), (10.0, False)):
        regularizer = SharpnessRegularizer(budget=budget, weight=0.01, dual_lr=0.01)
        regularizer.backward(network(_X).sum(), network, _X)
        sharpness = 0.05 * _norm(network)
        assert float(regularizer.last_sharpness[0]) == pytest.approx(sharpness)
        assert float(regularizer.multiplier[0]) == pytest.approx(
            0.01 + 0.01 * sharpness if rises else 0.0, abs=1e-12
        )
    free = SharpnessRegularizer(budget=10.0, weight=0.01, dual_lr=0.01, project=False)
    free.backward(network(_X).sum(), network, _X)
    assert float(free.multiplier[0]) < 0.0
    assert float(free.fresh().multiplier[0]) == 0.01


def test_a_budget_out_of_reach_is_said():
    regularizer = SharpnessRegularizer(budget=0.0, dual_lr=1e6)
    network = _network()
    with pytest.warns(SharpnessWarning, match="out of reach"):
        regularizer.backward(network(_X).sum(), network, _X)


def test_dropout_and_running_statistics_are_the_same_in_both_passes():
    network = nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.Tanh(), nn.Linear(6, 1))
    regularizer = SharpnessRegularizer(weight=1.0, budget=None, fd_step=1e-3)
    X = _X.float()
    loss = 0.0 * network(X).sum()
    statistics = network[1].running_mean.clone()
    regularizer.backward(loss, network, X)
    assert torch.equal(network[1].running_mean, statistics)
    added = torch.cat([parameter.grad.flatten() for parameter in network.parameters()])
    assert float(added.norm()) < 10.0  # masks that differ would be divided by the small step


def test_a_deep_kernel_is_served_through_mean_fn():
    y = torch.sin(_X.sum(dim=1))

    class DeepKernel(gpytorch.models.ExactGP):
        def __init__(self):
            super().__init__(_X, y, gpytorch.likelihoods.GaussianLikelihood())
            self.features = MLP(3, (6,), 2, "tanh")
            self.kernel = gpytorch.kernels.ScaleKernel(gpytorch.kernels.RBFKernel())

        def forward(self, x):
            z = self.features(x)
            covariance = self.kernel(z).to_dense() + 0.1 * torch.eye(len(z))
            return covariance @ torch.linalg.solve(covariance + 0.1 * torch.eye(len(z)), y)

    model = DeepKernel().double()

    def prediction(module, parameters, X):
        return functional_call(module.features, _of(parameters, "features."), (X,)).sum(dim=1)

    def _of(parameters, prefix):
        return {k.removeprefix(prefix): v for k, v in parameters.items() if k.startswith(prefix)}

    regularizer = SharpnessRegularizer()
    regularizer.backward(model.forward(_X).sum(), model, _X, prediction)
    assert float(regularizer.last_sharpness[0]) > 0.0
    assert model.features[0].weight.grad.abs().sum() > 0.0


def test_a_prediction_that_no_parameter_moves_adds_nothing():
    network = _network()
    regularizer = SharpnessRegularizer(weight=5.0)
    regularizer.backward(
        0.0 * network(_X).sum(),
        network,
        _X,
        lambda module, given, X: 0.0 * functional_call(module, given, (X,)),
    )
    assert all(float(parameter.grad.abs().sum()) == 0.0 for parameter in network.parameters())


def test_its_state_is_kept():
    regularizer, network = SharpnessRegularizer(budget=0.0), _network()
    regularizer.backward(network(_X).sum(), network, _X)
    other = SharpnessRegularizer(budget=0.0)
    other.load_state_dict(regularizer.state_dict())
    assert other.multiplier == regularizer.multiplier
    assert other.last_sharpness == regularizer.last_sharpness


@pytest.mark.parametrize(
    "options", [{"radius": 0.0}, {"fd_step": -1.0}, {"budget": -0.1}, {"weight": -1.0}, {"dual_lr": 0.0}]
)
def test_bad_options_are_refused(options):
    with pytest.raises(InvalidInputError):
        SharpnessRegularizer(**options)


def test_bad_calls_are_refused():
    network, regularizer = _network(), SharpnessRegularizer()
    with pytest.raises(InvalidInputError, match="loss is nan"):
        regularizer.backward(torch.tensor(float("nan")), network, _X)
    assert math.isnan(float(regularizer.last_sharpness[0]))
    with pytest.raises(InvalidInputError, match="no trainable"):
        regularizer.backward(torch.tensor(0.0), nn.Tanh(), _X)
    with pytest.raises(InvalidInputError, match="one for each"):
        regularizer.backward(network(_X).sum(), network, _X, lambda module, given, X: module(X).sum())
    with pytest.raises(InvalidInputError, match="do not depend"):
        regularizer.backward(network(_X).sum(), network, _X, lambda module, given, X: module(X))
    with pytest.raises(InvalidInputError, match="method"):
        surrogate_sharpness(network, _X, method="second")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        regularizer.backward(network(_X).sum(), network, _X)
