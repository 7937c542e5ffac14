"""State-space models of Matern processes: all that dense algebra gives, in linear time."""

from __future__ import annotations

import pytest
import torch
from gpytorch.kernels import MaternKernel, ScaleKernel

from augury.errors import InvalidInputError
from augury.inference.state_space.matern import MaternSDE
from augury.inference.state_space.regression import StateSpaceRegression
from augury.inference.state_space.scan import prefixes
from augury.inference.state_space.smoother import Chain, kalman_smoother

NU = [0.5, 1.5, 2.5]
NOISE = 0.2


def numbers(n, seed=0):
    return torch.rand(n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def dense(nu, t, lengthscale=0.3, variance=1.7):
    kernel = ScaleKernel(MaternKernel(nu)).double()
    kernel.base_kernel.lengthscale, kernel.outputscale = lengthscale, variance
    with torch.no_grad():
        return kernel(t.unsqueeze(-1)).to_dense()


@pytest.mark.parametrize("nu", NU)
def test_the_process_has_the_covariance_of_its_kernel(nu):
    sde = MaternSDE(nu, 0.3, 1.7)
    steps = numbers(8)
    A, Q = sde.transition(steps)
    P = sde.stationary_covariance
    expected = dense(nu, torch.cat([torch.zeros(1), steps]).double())[0, 1:]
    assert torch.allclose((A @ P)[:, 0, 0], expected, atol=1e-6)
    assert torch.allclose(A @ P @ A.mT + Q, P.expand_as(Q), atol=1e-10)
    assert float(torch.linalg.eigvalsh(Q).min()) > -1e-9
    twice, _ = sde.transition(2.0 * steps)
    assert torch.allclose(A @ A, twice, atol=1e-10)
    still, nothing = sde.transition(torch.zeros(1).double())
    assert torch.allclose(still[0], torch.eye(sde.order).double())
    assert float(nothing.abs().max()) < 1e-12


@pytest.mark.parametrize("nu", NU)
@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_smoothing_is_conditioning(nu, n):
    """Moments, covariances of neighbours and evidence of dense algebra; one time is not observed."""
    t, y = numbers(n).sort().values, numbers(n, 1) - 0.5
    seen = torch.arange(n) != 3
    sde = MaternSDE(nu, 0.3, 1.7)
    H = torch.eye(sde.order, dtype=torch.float64)[:1]
    precision = (seen / NOISE).double()
    chain = Chain(
        sde.stationary_covariance,
        *sde.transition(t.diff()),
        H,
        precision[:, None, None],
        (precision * y)[:, None],
    )
    smoothed = kalman_smoother(chain)
    K = dense(nu, t)
    C = K[seen][:, seen] + NOISE * torch.eye(int(seen.sum()))
    mean = K[:, seen] @ torch.linalg.solve(C, y[seen])
    covariance = K - K[:, seen] @ torch.linalg.solve(C, K[seen])
    assert torch.allclose(smoothed.mean[:, 0], mean, atol=1e-6)
    assert torch.allclose(smoothed.covariance[:, 0, 0], covariance.diag(), atol=1e-6)
    neighbours = (smoothed.gain @ smoothed.covariance[1:])[:, 0, 0]
    assert torch.allclose(neighbours, covariance.diag(1), atol=1e-6)
    expected = torch.distributions.MultivariateNormal(torch.zeros(len(C)).double(), C).log_prob(y[seen])
    missing = -0.5 * (y[seen].square() / NOISE + torch.log(torch.tensor(2.0 * torch.pi * NOISE))).sum()
    assert float(smoothed.log_evidence + missing) == pytest.approx(float(expected), abs=1e-4)


def test_chains_come_in_batches():
    sde, t = MaternSDE(1.5, 0.3, 1.0), numbers(9).sort().values
    A, Q = (part.unsqueeze(1) for part in sde.transition(t.diff()))
    H = torch.eye(2, dtype=torch.float64)[:1]
    shift = torch.stack([numbers(9, 1), numbers(9, 2)], dim=1).unsqueeze(-1)
    precision = torch.ones(9, 2, 1, 1, dtype=torch.float64)
    both = kalman_smoother(Chain(sde.stationary_covariance, A, Q, H, precision, shift))
    for i in range(2):
        one = kalman_smoother(
            Chain(sde.stationary_covariance, A[:, 0], Q[:, 0], H, precision[:, i], shift[:, i])
        )
        assert torch.allclose(both.mean[:, i], one.mean)
        assert torch.allclose(both.covariance[:, i], one.covariance)
        assert torch.allclose(both.log_evidence[i], one.log_evidence)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 13])
def test_prefixes_of_matrices_are_their_products(n):
    matrices = numbers(4 * n).reshape(n, 2, 2)
    (found,) = prefixes(lambda i, j: (j[0] @ i[0],), (matrices,))
    product = torch.eye(2).double()
    for given, one in zip(found, matrices, strict=True):
        product = one @ product
        assert torch.allclose(given, product)


def test_a_regression_is_that_of_dense_algebra():
    """Repeated inputs in any order, new inputs among and beyond them; the likelihood in the data's units."""
    t, y = torch.cat([numbers(30), numbers(5)]) * 4.0, numbers(35, 3) * 7.0 + 2.0
    model = StateSpaceRegression(t, y).fit()
    theta = model.hyperparameters
    new = torch.tensor([5.0, 1.7, -0.5, 1.1]).double()
    K = dense(1.5, torch.cat([t, new]), theta["lengthscale"], theta["variance"])
    C = K[:35, :35] + theta["noise"] * torch.eye(35)
    residual = y - y.mean()
    mean, variance = model.predict(new)
    assert torch.allclose(mean, y.mean() + K[35:, :35] @ torch.linalg.solve(C, residual), atol=1e-4)
    expected = K[35:, 35:] - K[35:, :35] @ torch.linalg.solve(C, K[:35, 35:])
    assert torch.allclose(variance, expected.diag(), atol=1e-3)
    density = torch.distributions.MultivariateNormal(torch.zeros(35).double(), C).log_prob(residual)
    assert model.log_likelihood() == pytest.approx(float(density), abs=1e-3)


def test_a_regression_learns_its_hyperparameters():
    t = torch.linspace(0.0, 1.0, 400).double()
    noise = torch.randn(400, generator=torch.Generator().manual_seed(0)).double()
    truth = (12.0 * t).sin()
    model = StateSpaceRegression(t, truth + 0.1 * noise)
    before = model.log_likelihood()
    model.fit()
    assert model.log_likelihood() > before + 50.0
    assert model.hyperparameters["noise"] == pytest.approx(0.01, rel=0.3)
    assert float((model.predict(t)[0] - truth).square().mean().sqrt()) < 0.04


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaternSDE(2.0, 1.0, 1.0), "nu must be"),
        (lambda: MaternSDE(0.5, 0.0, 1.0), "lengthscale"),
        (lambda: MaternSDE(0.5, 1.0, float("nan")), "variance"),
        (lambda: StateSpaceRegression(numbers(3), numbers(2)), "n numbers"),
        (lambda: StateSpaceRegression(numbers(0), numbers(0)), "n numbers"),
        (lambda: StateSpaceRegression(numbers(2) * torch.nan, numbers(2)), "finite"),
    ],
)
def test_bad_arguments_are_refused(make, message):
    with pytest.raises(InvalidInputError, match=message):
        make()
