"""The exact Gaussian process inside BoTorch, and a user's kernel against BoTorch's own fit of it."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from botorch.acquisition import (
    LogExpectedImprovement,
    qKnowledgeGradient,
    qLogExpectedImprovement,
    qLogNoisyExpectedImprovement,
)
from botorch.fit import fit_gpytorch_mll
from botorch.models import ModelListGP, SingleTaskGP
from botorch.models.model import ModelList
from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
from botorch.optim import optimize_acqf
from gpytorch.constraints import GreaterThan
from gpytorch.kernels import LinearKernel, PeriodicKernel, RBFKernel, ScaleKernel
from gpytorch.likelihoods import GaussianLikelihood
from gpytorch.mlls import ExactMarginalLogLikelihood
from gpytorch.priors import GammaPrior, LogNormalPrior

from augury.models import GaussianProcess
from augury.models.exact.priors import NOISE_BOUNDS, NOISE_PRIOR
from tests.models.cases import exact_algebra, outcomes, points

pytestmark = pytest.mark.filterwarnings(
    "ignore::linear_operator.utils.warnings.NumericalWarning", "ignore:Negative variance values"
)


def _scaled():
    kernel = RBFKernel(ard_num_dims=2, lengthscale_prior=GammaPrior(3.0, 6.0))
    return ScaleKernel(kernel, outputscale_prior=GammaPrior(2.0, 0.15))


def _periodic():
    """Its likelihood has a mode at every divisor of the period, so that the prior says which one is meant."""
    return PeriodicKernel(
        period_length_prior=LogNormalPrior(1.0, 0.2), lengthscale_prior=LogNormalPrior(0.0, 0.5)
    )


KERNELS = {
    "scaled RBF": _scaled,
    "not stationary": lambda: RBFKernel() + LinearKernel(),
    "periodic": _periodic,
    "Matern of BoTorch": partial(
        get_covar_module_with_dim_scaled_prior, ard_num_dims=2, use_rbf_kernel=False
    ),
    "RBF of BoTorch": partial(get_covar_module_with_dim_scaled_prior, ard_num_dims=2),
}


@pytest.fixture(scope="module")
def model():
    X = points(15, 2)
    return GaussianProcess(X, outcomes(X)).fit()


@pytest.fixture(scope="module")
def reference(model):
    """BoTorch's model with the same hyperparameters."""
    X = model.train_inputs[0]
    kernel = get_covar_module_with_dim_scaled_prior(ard_num_dims=2, use_rbf_kernel=False)
    theirs = SingleTaskGP(X, outcomes(X), covar_module=kernel.double())
    theirs.covar_module.lengthscale = model.theta[0, :2].exp()
    theirs.likelihood.noise = model.theta[0, 2:].exp()
    theirs.mean_module.constant.data.fill_(model._outcomes[0].constant)
    return theirs.eval()


def acquisitions(model):
    best = float(outcomes(points(15, 2)).max())
    X = points(15, 2)
    return {
        "LogEI": LogExpectedImprovement(model, best),
        "qLogEI": qLogExpectedImprovement(model, best),
        "qLogNEI": qLogNoisyExpectedImprovement(model, X, prune_baseline=False),
        "qLogNEI, no cache": qLogNoisyExpectedImprovement(model, X, cache_root=False, prune_baseline=False),
    }


@pytest.mark.parametrize("name", ["LogEI", "qLogEI", "qLogNEI", "qLogNEI, no cache"])
def test_acquisition_values_are_those_of_botorchs_model(name, model, reference):
    X = points(5, 2, seed=5).unsqueeze(-2)
    torch.manual_seed(0)
    given = acquisitions(model)[name](X).detach()
    torch.manual_seed(0)
    expected = acquisitions(reference)[name](X).detach()
    # The samples at the baseline go through the root of an almost singular matrix, which is jittered.
    tolerance = 0.1 if "NEI" in name else 1e-2
    torch.testing.assert_close(given, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", ["LogEI", "qLogEI", "qLogNEI"])
def test_optimize_acqf_finds_a_point_at_least_as_good_as_all_it_tries(name, model):
    acquisition = acquisitions(model)[name]
    bounds = torch.tensor([[0.0, 0.0], [1.0, 1.0]]).double()
    q = 1 if name == "LogEI" else 2
    X, value = optimize_acqf(acquisition, bounds, q=q, num_restarts=2, raw_samples=16)
    assert X.shape == (q, 2)
    assert ((X >= 0) & (X <= 1)).all()
    assert float(value) >= float(acquisition(points(16 * q, 2, seed=5).reshape(16, q, 2)).max()) - 0.1


def test_knowledge_gradient(model):
    acquisition = qKnowledgeGradient(model, num_fantasies=4)
    bounds = torch.tensor([[0.0, 0.0], [1.0, 1.0]]).double()
    X, value = optimize_acqf(acquisition, bounds, q=1, num_restarts=1, raw_samples=4, options={"maxiter": 5})
    assert X.shape == (1, 2)
    assert torch.isfinite(value)


def test_a_list_of_models_is_a_model():
    X = points(12, 2)
    first, second = (GaussianProcess(X, outcomes(X, 2)[:, i : i + 1]).fit() for i in range(2))
    joint = ModelList(first, second)
    assert joint.posterior(points(3, 2, seed=5)).mean.shape == (3, 2)
    assert not isinstance(joint, ModelListGP)


@pytest.mark.parametrize("name", KERNELS)
def test_a_users_kernel_is_fit_as_well_as_by_botorch(name):
    X = points(25, 2)
    Y = outcomes(X, noise=0.3)
    prior = LogNormalPrior(NOISE_PRIOR.location, NOISE_PRIOR.scale)
    constraint = GreaterThan(NOISE_BOUNDS[0], transform=None, initial_value=1e-2)
    likelihood = GaussianLikelihood(noise_prior=prior, noise_constraint=constraint)
    theirs = SingleTaskGP(X, Y, likelihood=likelihood, covar_module=KERNELS[name]()).double()
    torch.manual_seed(0)
    mll = fit_gpytorch_mll(ExactMarginalLogLikelihood(theirs.likelihood, theirs)).train()
    with exact_algebra(), torch.no_grad():
        best = float(mll(theirs(*theirs.train_inputs), theirs.train_targets)) * len(X)
    ours = GaussianProcess(X, Y, covar_module=KERNELS[name]()).fit()
    assert ours.log_posterior() >= best - 0.1
