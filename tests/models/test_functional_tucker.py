"""Functional tensors as a surrogate."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from gpytorch.kernels import MaternKernel, ScaleKernel

import augury
from augury.errors import InvalidInputError
from augury.models import FunctionalTucker
from augury.testing import MODEL_CHECKS
from tests.models.cases import outcomes, points

QUICK = partial(FunctionalTucker, ranks=2, nu=0.5, max_iterations=8, num_starts=1)


@pytest.mark.filterwarnings("ignore::linear_operator.utils.warnings.NumericalWarning")
@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_it_conforms(check):
    check(QUICK)


def readings(n=400, seed=0):
    """By place (7 levels) and time (40 levels): a product beside a constant, with noise."""
    generator = torch.Generator().manual_seed(seed)
    place = torch.randint(7, (n,), generator=generator) / 6.0
    moment = torch.randint(40, (n,), generator=generator) / 39.0
    truth = 5.0 + (3.0 * place).cos() * (9.0 * moment).sin()
    noise = 0.05 * torch.randn(n, generator=generator)
    return (
        torch.stack([place, moment], dim=1).double(),
        (truth + noise).double().unsqueeze(-1),
        truth.double(),
    )


def covered(model, X, y):
    posterior = model.posterior(X.unsqueeze(-2), observation_noise=True)
    inside = (posterior.mean.reshape(-1) - y).abs() <= 1.96 * posterior.variance.reshape(-1).sqrt()
    return float(inside.double().mean())


@pytest.mark.parametrize("core", ["cp", "tucker"])
def test_times_never_seen_are_predicted_with_honest_intervals(core):
    X, Y, truth = readings()
    seen = (X[:, 1] * 39.0).round() % 5 != 0
    model = FunctionalTucker(X[seen], Y[seen], ranks=2, core=core, max_iterations=20, num_starts=1).fit()
    error = model.posterior(X[~seen].unsqueeze(-2)).mean.detach().reshape(-1) - truth[~seen]
    assert float(error.square().mean().sqrt()) < 0.03
    assert 0.9 <= covered(model, X[~seen], Y[~seen, 0]) <= 1.0
    assert float(model.noise_variance) == pytest.approx(0.05**2, rel=0.3)
    assert len(model.bound_trace[0]) > 5


def test_inputs_that_tell_nothing_do_not_silence_the_others():
    generator = torch.Generator().manual_seed(0)
    X = torch.rand(100, 6, generator=generator, dtype=torch.float64)
    truth = (6.0 * X[:, -1:]).sin()
    Y = truth + 0.1 * torch.randn(100, 1, generator=generator, dtype=torch.float64)
    model = FunctionalTucker(X, Y, max_iterations=20, num_starts=1).fit()
    error = model.posterior(X.unsqueeze(-2)).mean.detach().reshape(-1, 1) - truth
    assert float(error.square().mean().sqrt()) < 0.1


def test_the_latent_functions_have_the_shape_they_were_made_of():
    X, Y, _ = readings()
    model = FunctionalTucker(X, Y, ranks=1, max_iterations=20, num_starts=1).fit()
    grid = torch.linspace(0.0, 1.0, 20).double()
    mean, covariance = model.factor_posterior(1, grid)
    assert mean.shape == (20, 1)
    assert covariance.shape == (20, 1, 1)
    expected = (9.0 * grid).sin()
    cosine = (mean[:, 0] @ expected / (mean[:, 0].norm() * expected.norm())).abs()
    assert float(cosine) > 0.99


def test_categories_are_levels_without_order():
    """Three categories between which nothing is alike; one that was never seen is as unsure as the prior."""
    generator = torch.Generator().manual_seed(1)
    X = torch.stack([torch.rand(90, generator=generator), torch.arange(90) % 3], dim=1).double()
    sign = torch.tensor([1.0, -2.0, 0.5]).double()[X[:, 1].long()]
    Y = (sign * (4.0 * X[:, 0]).sin()).unsqueeze(-1)
    model = FunctionalTucker(X, Y, categorical_features=[1], ranks=1, max_iterations=20, num_starts=1).fit()
    error = model.posterior(X.unsqueeze(-2)).mean.reshape(-1) - Y[:, 0]
    assert float(error.detach().abs().max()) < 0.1
    known = model.posterior(torch.tensor([[[0.5, 0.0]]]).double()).variance
    never = model.posterior(torch.tensor([[[0.5, 7.0]]]).double()).variance
    assert float(never) > 100.0 * float(known)


@pytest.mark.parametrize("nu", [0.5, 1.5, 2.5])
def test_of_one_input_it_is_a_matern_process_in_linear_time(nu):
    """Means and joint covariances of dense algebra with the hyperparameters and the constant it learnt."""
    generator = torch.Generator().manual_seed(0)
    X, new = torch.rand(40, 1, generator=generator).double(), torch.rand(5, 1, generator=generator).double()
    Y, Yvar = (7.0 * X).sin(), torch.linspace(0.01, 0.1, 40).double().unsqueeze(-1)
    options = {"nu": nu, "outcome_transform": None, "num_starts": 1, "max_iterations": 7}
    model = FunctionalTucker(X, Y, Yvar, ranks=1, **options).fit()
    mode, constant = model._tensors[0].modes[0], model._tensors[0]._constant
    seen = ((Y / Yvar).sum() - mode.shift.sum()) / (1.0 / Yvar).sum()  # the constant of the sweep before
    kernel = ScaleKernel(MaternKernel(nu)).double()
    kernel.base_kernel.lengthscale, kernel.outputscale = mode.sde.lengthscale, mode.sde.variance
    with torch.no_grad():
        K, cross, prior = (kernel(a, b).to_dense() + 0.0 for a, b in ((X, X), (new, X), (new, new)))
        solved = torch.linalg.solve(K + Yvar[:, 0].diag(), torch.cat([Y - seen, cross.T], dim=1))
        posterior = model.posterior(new)
        mean, covariance = posterior.mean[:, 0], posterior.distribution.covariance_matrix
    torch.testing.assert_close(mean, constant + cross @ solved[:, 0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(covariance, prior - cross @ solved[:, 1:], rtol=1e-3, atol=1e-5)


def test_a_study_of_one_parameter_is_served():
    model = partial(FunctionalTucker, ranks=1, nu=2.5, max_iterations=8, num_starts=1)
    study = augury.Study({"t": (0.0, 10.0)}, augury.Maximize("y"), model=model, store=None, seed=0)
    for t in (0.0, 2.5, 5.0, 7.5, 10.0):
        study.add({"t": t}, -((t - 6.0) ** 2))
    (trial,) = study.ask(1)
    assert 4.5 < trial.params["t"] < 7.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"core": "tt"}, "core must be"),
        ({"ranks": 0}, "ranks must be"),
        ({"ranks": (2, 2, 2)}, "ranks must be"),
        ({"ranks": (2, 3)}, "one rank"),
        ({"ranks": 60, "core": "tucker"}, "above 2000"),
        ({"damping": 1.0}, "damping"),
        ({"num_starts": 0}, "num_starts"),
        ({"nu": 1.0}, "nu must be"),
    ],
)
def test_bad_options_are_refused(options, message):
    X = points(5, 2)
    with pytest.raises(InvalidInputError, match=message):
        FunctionalTucker(X, outcomes(X), **options)
