"""Jacobians, evidence and covariances of the Laplace approximation against brute force."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from augury.errors import NotSupportedError
from augury.inference.evidence import KroneckerFactors, LaplaceEvidence, gram_log_determinant
from augury.inference.jacobian import DenseJacobian, layer_jacobian, network_jacobian
from augury.inference.linearised import GramCovariance, KroneckerCovariance
from augury.networks import MLP, StackedNetwork

N, OUTPUTS = 7, 2


def case(module=None, seed=0):
    generator = torch.Generator().manual_seed(seed)
    network = StackedNetwork(MLP(3, (4, 5), OUTPUTS) if module is None else module)
    theta = network.initial(1, generator)[0]
    variance = 0.5 + torch.rand(len(theta), dtype=torch.float64, generator=generator)
    for part in network.slices:  # one variance for each parameter, as priors have it
        variance[part.start : part.stop] = variance[part.start]
    X = torch.randn(N, 3, dtype=torch.float64, generator=generator)
    return network, theta, variance, X


def brute_jacobian(network, theta, variance, X):
    """`N o x P`."""
    rows = torch.func.jacrev(lambda weights: network(weights.unsqueeze(0), X)[0])(theta)
    return (rows * variance.sqrt()).flatten(0, 1)


def convolution():
    layers = [nn.Unflatten(1, (1, 3)), nn.Conv1d(1, 2, 2), nn.Tanh(), nn.Flatten(), nn.Linear(4, OUTPUTS)]
    return nn.Sequential(*layers).double()


@pytest.mark.parametrize("module", [None, convolution()], ids=["dense", "convolution"])
def test_inner_products_of_jacobians_are_those_of_their_entries(module):
    network, theta, variance, X = case(module)
    values, jacobian = network_jacobian(network, theta, variance, X)
    expected = brute_jacobian(network, theta, variance, X)
    torch.testing.assert_close(values, network(theta.unsqueeze(0), X)[0])
    torch.testing.assert_close(jacobian.gram(), expected @ expected.T)
    batch = jacobian.reshape(1, N)
    torch.testing.assert_close(batch.cross(jacobian)[0], expected @ expected.T)


def test_the_last_layer_is_part_of_the_whole():
    network, theta, variance, X = case(convolution())
    _, jacobian = network_jacobian(network, theta, variance, X, "last-layer")
    expected = brute_jacobian(network, theta, variance, X)[:, -10:]
    torch.testing.assert_close(jacobian.gram(), expected @ expected.T)


def test_jacobians_are_differentiable_in_the_points():
    network, theta, variance, X = case()

    def gram(points):
        return network_jacobian(network, theta, variance, points)[1].gram()

    assert torch.autograd.gradcheck(gram, X[:2].clone().requires_grad_(True))


def test_factors_of_a_convolution_are_refused():
    network, theta, variance, X = case(convolution())
    with pytest.raises(NotSupportedError, match="Linear"):
        layer_jacobian(network, theta, variance, X)


def test_the_exact_covariance_is_the_inverse_precision():
    network, theta, variance, X = case()
    _, jacobian = network_jacobian(network, theta, variance, X)
    noise = torch.rand(N, OUTPUTS, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) + 0.1
    J = brute_jacobian(network, theta, variance, X)
    precision = J.T @ (J / noise.reshape(-1, 1)) + 1.7 * torch.eye(J.shape[1], dtype=torch.float64)
    new = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    J_new = brute_jacobian(network, theta, variance, new)
    projected = GramCovariance(jacobian, 1.7, noise).project(
        network_jacobian(network, theta, variance, new)[1]
    )
    torch.testing.assert_close(
        projected, J_new @ torch.linalg.solve(precision, J_new.T), atol=1e-7, rtol=1e-7
    )
    determinant = torch.logdet(precision) - J.shape[1] * math.log(1.7)
    log_determinant = gram_log_determinant(jacobian)
    torch.testing.assert_close(log_determinant(torch.tensor(1.7).double().log(), noise), determinant)


def test_kronecker_is_exact_for_a_single_layer():
    network, theta, variance, X = case(nn.Sequential(nn.Linear(3, OUTPUTS)).double())
    _, jacobian = layer_jacobian(network, theta, variance, X)
    noise = torch.tensor([[0.3, 0.7]], dtype=torch.float64).expand(N, -1)
    factors = KroneckerFactors(jacobian)
    torch.testing.assert_close(
        KroneckerCovariance(factors, 1.7, noise).project(jacobian),
        GramCovariance(jacobian, 1.7, noise).project(jacobian),
        atol=1e-8,
        rtol=1e-8,
    )
    log_precision = torch.tensor(0.5, dtype=torch.float64)
    torch.testing.assert_close(
        factors.log_determinant(log_precision, noise), gram_log_determinant(jacobian)(log_precision, noise)
    )


def test_kronecker_blocks_are_products_of_their_factors():
    network, theta, variance, X = case()
    _, jacobian = layer_jacobian(network, theta, variance, X)
    noise = torch.full((N, OUTPUTS), 0.4, dtype=torch.float64)
    expected = torch.zeros(2 * OUTPUTS, 2 * OUTPUTS, dtype=torch.float64)
    determinant = 0.0
    for a, g in zip(jacobian.inputs, jacobian.slopes, strict=True):
        flat = g.flatten(0, 1)
        H = torch.kron(flat.T @ flat / 0.4, a.T @ a / N) + 2.0 * torch.eye(a.shape[1] * g.shape[2])
        rows = torch.einsum("nop,ni->nopi", g[:2], a[:2]).flatten(2).flatten(0, 1)
        expected += rows @ torch.linalg.solve(H, rows.T)
        determinant += float(torch.logdet(H / 2.0))
    factors = KroneckerFactors(jacobian)
    two = layer_jacobian(network, theta, variance, X[:2])[1]
    torch.testing.assert_close(KroneckerCovariance(factors, 2.0, noise).project(two), expected)
    given = factors.log_determinant(torch.tensor(2.0).double().log(), noise)
    assert float(given) == pytest.approx(determinant)


def evidences():
    network, theta, variance, X = case()
    values, jacobian = layer_jacobian(network, theta, variance, X)
    Y = torch.randn(N, OUTPUTS, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    squares = float((theta.square() / variance).sum())
    for log_determinant in (gram_log_determinant(jacobian), KroneckerFactors(jacobian).log_determinant):
        yield LaplaceEvidence(Y - values, squares, log_determinant, None)


@pytest.mark.parametrize("evidence", list(evidences()), ids=["full", "kronecker"])
def test_the_gradient_of_the_evidence_is_its_slope(evidence):
    point = torch.tensor([0.3, -0.5, 0.2], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda values: evidence(values[0], values[1:]), point)


@pytest.mark.parametrize("evidence", list(evidences()), ids=["full", "kronecker"])
def test_no_neighbour_of_the_maximum_is_higher(evidence):
    precision, noise, best = evidence.maximise(0.0, torch.full((OUTPUTS,), -1.0, dtype=torch.float64))

    def objective(log_precision, log_noise):
        prior = 0.5 * (log_noise + 2.0).square().sum()  # log sigma ~ N(-2, 1)
        return float(evidence(torch.tensor(log_precision, dtype=torch.float64), log_noise) - prior)

    assert objective(precision, noise) == pytest.approx(best)
    for step in (-0.05, 0.05):
        assert objective(precision + step, noise) < best
        for j in range(OUTPUTS):
            shifted = noise.clone()
            shifted[j] += step
            assert objective(precision, shifted) < best


def test_a_dense_jacobian_equals_its_factors():
    network, theta, variance, X = case()
    _, jacobian = layer_jacobian(network, theta, variance, X)
    entries = brute_jacobian(network, theta, variance, X).unflatten(0, (N, OUTPUTS))
    dense = DenseJacobian(entries)
    torch.testing.assert_close(dense.reshape(1, N).gram(), jacobian.reshape(1, N).gram())
