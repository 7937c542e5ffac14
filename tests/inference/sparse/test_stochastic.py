"""Natural gradients and minibatches of the stochastic bound."""

from __future__ import annotations

import gpytorch
import numpy as np
import pytest
import torch
from gpytorch.kernels import RBFKernel

from augury.errors import InvalidInputError
from augury.inference.sparse.base import InducingPosterior
from augury.inference.sparse.collapsed import optimal_posterior, statistics
from augury.inference.sparse.covariance import KernelCovariance, whiten
from augury.inference.sparse.likelihoods import GaussianNoise, Softmax
from augury.inference.sparse.rows import Batch, TensorRows
from augury.inference.sparse.stochastic import NaturalParameters, Stochastic
from tests.models.cases import outcomes, points

N, M = 60, 6


def covariance() -> KernelCovariance:
    kernel = RBFKernel().double()
    kernel.lengthscale = 0.4
    return KernelCovariance(kernel, points(M, 2, seed=1))


@pytest.fixture
def rows() -> TensorRows:
    X = points(N, 2)
    return TensorRows(X, outcomes(X) - 5.0)


def test_one_natural_step_on_all_rows_is_exact(rows) -> None:
    model, likelihood, state = covariance(), GaussianNoise(1), NaturalParameters(1, M)
    state.linear += 3.0  # from wherever it starts
    state.update(whiten(model.blocks(rows.X)), likelihood, rows.read(0, N), 1.0, 1.0, seed=0)
    with torch.no_grad():
        expected = optimal_posterior(statistics(model, rows), likelihood.noise)
    torch.testing.assert_close(state.posterior.mean, expected.mean)
    torch.testing.assert_close(
        state.posterior.root @ state.posterior.root.mT, expected.root @ expected.root.mT
    )


def test_the_bound_is_gpytorch_s(rows) -> None:
    """`VariationalELBO` at the same distribution of whitened inducing values."""
    model, likelihood = covariance(), GaussianNoise(1)
    q = InducingPosterior(0.3 * points(1, M, seed=3), (0.4 * torch.eye(M) + 0.1 * points(M, M).tril())[None])

    class Peer(gpytorch.models.ApproximateGP):
        def __init__(self) -> None:
            distribution = gpytorch.variational.CholeskyVariationalDistribution(M, mean_init_std=0.0)
            strategy = gpytorch.variational.VariationalStrategy(
                self, model.inducing.detach().clone(), distribution, jitter_val=1e-6
            )
            super().__init__(strategy)
            distribution.variational_mean.data = q.mean[0].clone()
            distribution.chol_variational_covar.data = q.root[0].clone()
            strategy.variational_params_initialized.fill_(1)

        def forward(self, x: torch.Tensor) -> gpytorch.distributions.MultivariateNormal:
            return gpytorch.distributions.MultivariateNormal(torch.zeros(len(x)).double(), model.kernel(x))

    peer = Peer().double()
    noise = gpytorch.likelihoods.GaussianLikelihood(noise_constraint=gpytorch.constraints.Positive()).double()
    noise.noise = likelihood.noise.detach()
    elbo = gpytorch.mlls.VariationalELBO(noise, peer, num_data=N)
    with torch.no_grad():
        expected = N * elbo(peer(rows.X), rows.Y[:, 0])
        marginals = q.marginals(whiten(model.blocks(rows.X)))
        given = likelihood.expected(*marginals, rows.read(0, N)) - q.divergence()
    assert float(given) == pytest.approx(float(expected), rel=1e-5)


def test_the_softmax_expectation_is_that_of_the_logistic_function() -> None:
    mean, variance = torch.tensor([[0.4, -0.3]]).double(), torch.tensor([[0.5, 0.8]]).double()
    batch = Batch(torch.zeros(1, 1), torch.tensor([1]), torch.ones(1, 1))
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    difference = -0.7 + np.sqrt(1.3) * nodes
    exact = -(weights * np.log1p(np.exp(-difference))).sum() / weights.sum()
    assert float(Softmax(2, 4096).expected(mean, variance, batch)) == pytest.approx(exact, abs=2e-3)


def test_natural_steps_raise_the_bound_of_classes() -> None:
    X = points(N, 2)
    rows, likelihood, state = TensorRows(X, (X[:, 0] > 0.5).long()), Softmax(2), NaturalParameters(2, M)
    whitened, bounds = whiten(covariance().blocks(X)), []
    for _ in range(6):
        marginals = state.posterior.marginals(whitened)
        value = likelihood.expected(*marginals, rows.read(0, N)) - state.posterior.divergence()
        bounds.append(float(value.detach()))
        state.update(whitened, likelihood, rows.read(0, N), 1.0, 0.5, seed=0)
    assert bounds == sorted(bounds)
    assert bounds[-1] > bounds[0] + 5.0


def test_minibatches_hold_each_row_once(rows, monkeypatch) -> None:
    monkeypatch.setattr("augury.inference.sparse.rows.CHUNK", 3)  # pools of 24 rows: 24, 24, 12
    batches = list(rows.minibatches(10, torch.Generator().manual_seed(0)))
    assert len(batches) == rows.steps(10) == 8
    seen = torch.cat([batch.X[:, 0] for batch in batches])
    assert torch.equal(seen.sort().values, rows.X[:, 0].sort().values)
    assert not torch.equal(seen, rows.X[:, 0])


def test_minibatches_find_what_all_rows_find(rows) -> None:
    bounds = []
    for size in (N, 20):
        _, diagnostics = Stochastic(num_epochs=120, batch_size=size).run(
            covariance(), GaussianNoise(1), rows, 1
        )
        bounds.append(diagnostics["bound"])
    assert bounds[1] == pytest.approx(bounds[0], abs=3.0)


@pytest.mark.parametrize("wrong", [{"num_epochs": 0}, {"batch_size": 0}, {"lr": 0.0}, {"natural_rate": 1.5}])
def test_options_out_of_range_are_refused(wrong) -> None:
    with pytest.raises(InvalidInputError, match=next(iter(wrong))):
        Stochastic(**wrong)
