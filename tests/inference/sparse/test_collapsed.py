"""The collapsed bound against GPyTorch's, against the exact likelihood, and in chunks."""

from __future__ import annotations

import gpytorch
import pytest
import torch
from gpytorch.kernels import MaternKernel
from torch.distributions import MultivariateNormal

from augury.errors import NotSupportedError
from augury.inference.sparse.base import InducingPosterior
from augury.inference.sparse.collapsed import Collapsed, collapsed_bound, optimal_posterior, statistics
from augury.inference.sparse.covariance import KernelCovariance, whiten
from augury.inference.sparse.flat import FlatParameters
from augury.inference.sparse.likelihoods import GaussianNoise, Softmax
from augury.inference.sparse.rows import TensorRows
from tests.models.cases import outcomes, points

N, NOISE = 40, torch.tensor([0.02, 0.3], dtype=torch.float64)


def covariance(inducing: torch.Tensor) -> KernelCovariance:
    kernel = MaternKernel(2.5, ard_num_dims=2).double()
    kernel.lengthscale = torch.tensor([0.3, 0.5])
    return KernelCovariance(kernel, inducing)


@pytest.fixture
def rows() -> TensorRows:
    X = points(N, 2)
    return TensorRows(X, outcomes(X, 2) - 5.0)


def test_it_is_gpytorch_s_bound(rows) -> None:
    model = covariance(points(8, 2, seed=1))
    likelihood = gpytorch.likelihoods.GaussianLikelihood(noise_constraint=gpytorch.constraints.Positive())
    likelihood.double().noise = NOISE[:1]

    class Peer(gpytorch.models.ExactGP):
        def __init__(self) -> None:
            super().__init__(rows.X, rows.Y[:, 0], likelihood)
            self.mean_module = gpytorch.means.ZeroMean()
            self.covar_module = gpytorch.kernels.InducingPointKernel(
                model.kernel, model.inducing.detach().clone(), likelihood
            )

        def forward(self, x: torch.Tensor) -> gpytorch.distributions.MultivariateNormal:
            return gpytorch.distributions.MultivariateNormal(self.mean_module(x), self.covar_module(x))

    peer = Peer().double().train()
    expected = gpytorch.mlls.ExactMarginalLogLikelihood(likelihood, peer)(peer(rows.X), rows.Y[:, 0]) * N
    one = TensorRows(rows.X, rows.Y[:, :1])
    given = collapsed_bound(statistics(model, one), NOISE[:1], N)
    assert float(given.detach()) == pytest.approx(float(expected.detach()), rel=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
def test_with_an_inducing_point_for_each_row_it_is_the_log_likelihood(rows, weighted) -> None:
    weight = 0.5 + points(N, 2, seed=5) if weighted else None
    data = TensorRows(rows.X, rows.Y, weight)
    K = covariance(rows.X).blocks(rows.X, full=True).own
    exact = sum(
        MultivariateNormal(torch.zeros(N).double(), K + (variance / w).diag()).log_prob(y)
        for y, w, variance in zip(rows.Y.T, data.weight.expand(N, 2).T, NOISE, strict=True)
    )
    same = collapsed_bound(statistics(covariance(rows.X), data), NOISE, N)
    fewer = collapsed_bound(statistics(covariance(rows.X[:10]), data), NOISE, N)
    assert float(same.detach()) == pytest.approx(float(exact.detach()), abs=2e-2)  # jitter of 1e-6 over noise
    assert float(fewer.detach()) < float(exact.detach()) - 1.0


def test_chunks_change_neither_value_nor_gradient(rows, monkeypatch) -> None:
    def value_gradient() -> tuple[torch.Tensor, torch.Tensor]:
        model = covariance(points(8, 2, seed=1))
        value = collapsed_bound(statistics(model, rows), NOISE, N)
        return value.detach(), FlatParameters(model).gradient(value)

    whole = value_gradient()
    monkeypatch.setattr("augury.inference.sparse.rows.CHUNK", 7)
    assert len(rows.chunks()) == 6
    for one, other in zip(value_gradient(), whole, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


def test_the_posterior_of_the_inducing_values_is_the_one_of_the_bound(rows) -> None:
    """`E_q[log p(y | f)] - KL` is the collapsed bound at the optimum, and less beside it."""
    model, likelihood = covariance(points(8, 2, seed=1)), GaussianNoise(2)
    with torch.no_grad():
        sums = statistics(model, rows)
        best = optimal_posterior(sums, likelihood.noise)

        def bound(q: InducingPosterior) -> float:
            marginals = q.marginals(whiten(model.blocks(rows.X)))
            return float(likelihood.expected(*marginals, rows.read(0, N)) - q.divergence())

        assert bound(best) == pytest.approx(float(collapsed_bound(sums, likelihood.noise, N)), abs=1e-6)
        assert bound(InducingPosterior(best.mean + 0.01, best.root)) < bound(best)
        assert bound(InducingPosterior(best.mean, 1.05 * best.root)) < bound(best)


def test_training_raises_the_bound_and_tells_its_steps(rows) -> None:
    model, likelihood, told = covariance(points(8, 2, seed=1)), GaussianNoise(2), []
    before = collapsed_bound(statistics(model, rows), likelihood.noise, N)
    _, diagnostics = Collapsed(max_iterations=15).run(
        model, likelihood, rows, 2, progress=lambda *step: told.append(step)
    )
    assert diagnostics["bound"] > float(before.detach()) + 5.0
    assert [step[0] for step in told] == list(range(1, len(told) + 1))
    assert told[-1][1:] == (15, "training")


def test_it_is_for_gaussian_noise(rows) -> None:
    with pytest.raises(NotSupportedError, match="Stochastic"):
        Collapsed().run(covariance(rows.X[:4]), Softmax(2), rows, 2)
