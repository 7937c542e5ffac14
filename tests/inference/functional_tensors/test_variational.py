"""Message passing in functional tensors, against brute force."""

from __future__ import annotations

import itertools

import pytest
import torch
from gpytorch.kernels import MaternKernel

from augury.errors import InvalidInputError
from augury.inference.functional_tensors.contraction import CP, Tucker
from augury.inference.functional_tensors.mode import Mode
from augury.inference.functional_tensors.variational import FunctionalTensor


def numbers(*shape, seed=0):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def rows(n=60, seed=0):
    """Coordinates that repeat, and a product of two functions of them with noise."""
    X = torch.stack(
        [(numbers(n, seed=seed) * 8).floor() / 8, (numbers(n, seed=seed + 1) * 6).floor() / 6], dim=1
    )
    y = (3.0 * X[:, 0]).sin() * (1.0 + X[:, 1]) + 0.05 * (numbers(n, seed=seed + 2) - 0.5)
    return X, y


def tensor(X, y, rank=2, core="tucker", noise=None, nu=0.5, constant=True):
    modes = [Mode(X[:, k], rank, nu, 0.4, 1.0) for k in range(X.shape[1])]
    for k, mode in enumerate(modes):
        mode.begin(numbers(len(mode.levels), rank, seed=10 + k), 0.1)
    ranks = [rank] * X.shape[1]
    contraction = CP(ranks) if core == "cp" else Tucker(ranks, numbers(*ranks, seed=20))
    return FunctionalTensor(modes, contraction, y, noise, constant)


def random_moments(ranks, n=4):
    """Moments of independent Gaussians, and draws to check them with."""
    moments = []
    for k, rank in enumerate(ranks):
        mean, root = numbers(n, rank, seed=k), 0.3 * numbers(n, rank, rank, seed=50 + k)
        moments.append((mean, root @ root.mT + mean.unsqueeze(-1) * mean.unsqueeze(-2)))
    return moments


@pytest.mark.parametrize("core", ["cp", "tucker"])
def test_contractions_have_the_moments_of_sums_over_indices(core):
    """`E f`, `E f^2`, and the coefficients of each mode, from loops over all indices."""
    ranks = (2, 2, 2) if core == "cp" else (2, 3, 2)
    moments = random_moments(ranks)
    if core == "cp":
        contraction, W = CP(ranks), torch.zeros(ranks).double()
        W[0, 0, 0] = W[1, 1, 1] = 1.0
        second = W.reshape(-1, 1) * W.reshape(-1)
    else:
        contraction = Tucker(ranks, numbers(*ranks, seed=5))
        W = contraction.mean.reshape(ranks)
        second = contraction.covariance + contraction.mean.unsqueeze(-1) * contraction.mean
    cells = list(itertools.product(*(range(rank) for rank in ranks)))
    first = sum(
        W[cell] * torch.stack([moments[k][0][:, cell[k]] for k in range(3)]).prod(0) for cell in cells
    )
    square = torch.zeros(4).double()
    coefficient, crossed = torch.zeros(4, ranks[1]).double(), torch.zeros(4, ranks[1], ranks[1]).double()
    for (i, a), (j, b) in itertools.product(enumerate(cells), enumerate(cells)):
        parts = [moments[k][1][:, a[k], b[k]] for k in range(3)]
        square += second[i, j] * parts[0] * parts[1] * parts[2]
        crossed[:, a[1], b[1]] += second[i, j] * parts[0] * parts[2]
    for cell in cells:
        coefficient[:, cell[1]] += W[cell] * moments[0][0][:, cell[0]] * moments[2][0][:, cell[2]]
    for given, expected in zip(contraction.value(moments), (first, square), strict=True):
        assert torch.allclose(given, expected)
    for given, expected in zip(contraction.coefficients(1, moments), (coefficient, crossed), strict=True):
        assert torch.allclose(given, expected)


def test_the_core_is_that_of_bayesian_linear_regression():
    X, y = rows(30)
    one = tensor(X, y)
    for mode in one.modes:
        mode.begin(numbers(len(mode.levels), 2, seed=3), 0.0)
    blocks = [(one._moments(slice(0, 30)), torch.full((30,), 4.0).double(), y)]
    one.contraction.update(blocks, 0.0)
    features = torch.stack(
        [
            one._moments(slice(0, 30))[0][0][:, a] * one._moments(slice(0, 30))[1][0][:, b]
            for a in (0, 1)
            for b in (0, 1)
        ],
        dim=1,
    )
    precision = torch.eye(4).double() + 4.0 * features.T @ features
    assert torch.allclose(one.contraction.mean, torch.linalg.solve(precision, 4.0 * features.T @ y))
    assert torch.allclose(one.contraction.covariance, torch.linalg.inv(precision))


@pytest.mark.parametrize("core", ["cp", "tucker"])
@pytest.mark.parametrize("known", [False, True])
def test_the_bound_never_falls(core, known):
    X, y = rows()
    one = tensor(X, y, core=core, noise=torch.full_like(y, 0.01) if known else None)
    trace = []
    for step in range(14):
        one.sweep()
        if step == 8:
            one.learn()
        trace.append(one.bound())
    assert min(after - before for before, after in itertools.pairwise(trace)) >= -1e-6
    assert trace[-1] > trace[0]


def test_with_one_mode_it_is_gaussian_process_regression():
    """CP of one input: the sum of `R` processes, exactly; also at new coordinates."""
    X = torch.cat([numbers(12, 1), numbers(2, 1)])  # two coordinates twice
    y, noise = (6.0 * X[:, 0]).sin(), torch.linspace(0.01, 0.2, 14).double()
    one = tensor(X, y, rank=2, core="cp", noise=noise, nu=1.5, constant=False)
    one.sweep()
    new = torch.tensor([[0.31], [-0.4], [1.6], [float(X[3, 0])], [0.32], [0.9], [1.7]]).double()
    kernel = MaternKernel(1.5).double()
    kernel.lengthscale = 0.4
    with torch.no_grad():
        K = 2.0 * kernel(torch.cat([X, new])).to_dense()
    C = K[:14, :14] + noise.diag()
    mean, covariance = one.moments_at(new.unsqueeze(0))
    assert torch.allclose(mean[0], K[14:, :14] @ torch.linalg.solve(C, y), atol=1e-5)
    expected = K[14:, 14:] - K[14:, :14] @ torch.linalg.solve(C, K[:14, 14:])
    assert torch.allclose(covariance[0], expected, atol=1e-5)
    density = torch.distributions.MultivariateNormal(torch.zeros(14).double(), C).log_prob(y)
    assert one.bound() == pytest.approx(float(density), abs=1e-4)


def test_new_coordinates_are_times_without_observation():
    """Between neighbours: what a chain says in which the new coordinate is a level without a message."""
    X, y = rows()
    one = tensor(X, y, nu=1.5)
    for _ in range(3):
        one.sweep()
    mode = one.modes[0]
    new = torch.tensor([0.2]).double()
    longer = Mode(torch.cat([X[:, 0], new]), 2, 1.5, 0.4, 1.0)
    old = longer.levels != new
    longer.precision[old], longer.shift[old] = mode.precision, mode.shift
    mean, covariance = (part.squeeze(1) for part in mode.at(new.unsqueeze(-1)))
    expected_mean, expected_second = longer.moments
    assert torch.allclose(mean, expected_mean[~old], atol=1e-6)
    expected = expected_second[~old] - expected_mean[~old].unsqueeze(-1) * expected_mean[~old].unsqueeze(-2)
    assert torch.allclose(covariance[:, 0], expected, atol=1e-6)


def test_blocks_of_entries_change_nothing(monkeypatch):
    X, y = rows()
    whole, parts = tensor(X, y), tensor(X, y)
    whole.sweep()
    monkeypatch.setattr("augury.inference.functional_tensors.variational._BLOCK_NUMBERS", 16 * 7)
    parts.sweep()
    for name, value in whole.state().items():
        assert torch.allclose(value, parts.state()[name])


def test_damping_keeps_a_share_of_each_message():
    X, y = rows()
    half, full = tensor(X, y), tensor(X, y)
    half.sweep(0.5)
    full.sweep(0.0)
    assert torch.allclose(half.modes[0].precision, 0.5 * full.modes[0].precision)
    assert torch.allclose(half.modes[0].shift, 0.5 * full.modes[0].shift)


def test_bad_ranks_are_refused():
    with pytest.raises(InvalidInputError, match="one rank"):
        CP((2, 3))
    with pytest.raises(InvalidInputError, match="above 2000"):
        Tucker((50, 50), torch.zeros(50, 50).double())
