"""Deep kernel learning: the conformance suite, its algebra, its guards."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gpytorch.kernels import LinearKernel, RBFKernel
from torch import nn

from augury.errors import InvalidInputError
from augury.models import GaussianProcess
from augury.models.deep_kernel import DeepKernelGP
from augury.models.deep_kernel_fit import fit_deep_kernel, leave_one_out_score
from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.models.pretraining import pretrain_
from augury.networks.mlp import MLP
from augury.networks.skip_encoder import SkipEncoder
from augury.testing import MODEL_CHECKS
from tests.models.cases import central_differences, outcomes, points


@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_it_conforms(check):
    check(DeepKernelGP)


@pytest.fixture(scope="module")
def fitted():
    X = points(25, 3)
    return DeepKernelGP(X, outcomes(X)).fit()


class Periodic(nn.Module):
    """Features without a weight: points of equal phase are one point."""

    def forward(self, x):
        return torch.cat([torch.sin(3.0 * x), torch.cos(3.0 * x)], dim=-1)


def log_posterior(model):
    outcome = model._regressions.outcomes[0].unfitted()
    return MarginalLikelihood(outcome.covariance, outcome.y, outcome.noise), outcome.theta


def test_the_gradient_of_the_training_objective_is_its_slope():
    X = points(8, 2)
    likelihood, theta = log_posterior(DeepKernelGP(X, outcomes(X)))
    _, gradient = likelihood.value_gradient(theta)
    chosen = np.random.default_rng(0).choice(len(theta), 12, replace=False)
    chosen = np.append(chosen, np.arange(len(theta) - 5, len(theta)))  # lengthscales and noise among them

    def value(part):
        moved = theta.copy()
        moved[chosen] = part
        return likelihood.value(moved)

    np.testing.assert_allclose(
        gradient[chosen], central_differences(value, theta[chosen]), rtol=1e-4, atol=1e-6
    )


def test_training_raises_the_objective_and_moves_the_weights(fitted):
    X = points(25, 3)
    likelihood, start = log_posterior(DeepKernelGP(X, outcomes(X)))
    _, found = log_posterior(fitted)
    assert likelihood.value(found) > likelihood.value(start) + 5.0
    assert np.abs(found - start)[:-6].max() > 0.05


def test_an_encoder_without_weights_is_an_exact_process_on_its_features():
    X, new = points(15, 2), points(5, 2, seed=1)
    Y = outcomes(X)
    kernel = RBFKernel(ard_num_dims=4).double()
    model = DeepKernelGP(X, Y, torch.full_like(Y, 0.01), encoder=Periodic(), covar_module=kernel)
    mean, variance = model.posterior(new).mean, model.posterior(new).variance

    def features(x):
        u = 12.0**0.5 * (x - 0.5)
        return torch.cat([torch.sin(3.0 * u), torch.cos(3.0 * u)], dim=-1)

    scale, shift = Y.std(), Y.mean()
    K = kernel(features(X)).to_dense().detach() + torch.eye(15).double() * 0.01 / scale**2
    cross = kernel(features(new), features(X)).to_dense().detach()
    inverse = torch.linalg.inv(K)
    y = (Y - shift) / scale
    constant = (inverse @ y).sum() / inverse.sum()
    torch.testing.assert_close(mean, shift + scale * (constant + cross @ inverse @ (y - constant)))
    reduced = 1.0 - (cross @ inverse * cross).sum(dim=1, keepdim=True)
    torch.testing.assert_close(variance, reduced * scale**2)


def test_a_linear_kernel_makes_the_last_layer_bayesian():
    """The process has the moments of Bayesian linear regression on the learnt features."""
    X, new = points(20, 2), points(5, 2, seed=1)
    Y = outcomes(X)
    model = DeepKernelGP(X, Y, covar_module=LinearKernel(), outcome_transform=None).fit()
    outcome = model._regressions.outcomes[0]
    prior = float(outcome.covariance.kernel.base_kernel.variance.detach())
    F, G = model.features(X).detach(), model.features(new).detach()
    noise = float(outcome.noise_variance[0])
    precision = F.T @ F / noise + torch.eye(F.shape[1]).double() / prior
    weights = torch.linalg.solve(precision, F.T @ (Y - outcome.constant) / noise)
    torch.testing.assert_close(
        model.posterior(new).mean, outcome.constant + G @ weights, rtol=1e-5, atol=1e-6
    )
    variance = (G @ torch.linalg.inv(precision) * G).sum(dim=1, keepdim=True)
    torch.testing.assert_close(model.posterior(new).variance, variance, rtol=1e-4, atol=1e-7)


def test_it_finds_a_step_that_a_stationary_kernel_blurs():
    X = points(40, 2)
    new = points(400, 2, seed=1)

    def step(x):
        return ((x @ torch.tensor([[1.0], [0.5]]).double()) > 0.7).double() + 0.2 * torch.sin(5.0 * x[:, 1:])

    def error(model):
        mean, _ = model.fit().mean_variance(new)
        return float((mean - step(new)[:, 0]).square().mean())

    assert error(DeepKernelGP(X, step(X))) < 0.8 * error(GaussianProcess(X, step(X)))


def test_a_narrow_prior_of_the_weights_guards_against_noise():
    """Without one, the encoder explains the noise too, and is sure of it."""
    X, new = points(20, 2), points(200, 2, seed=1)
    Y, truth = outcomes(X, noise=0.5), outcomes(new, noise=0.0)[:, 0]

    def surprise(model):
        mean, variance = model.fit().mean_variance(new)
        return float((((mean - truth).square() + 0.25) / (variance + model.noise_variance)).mean())

    assert surprise(DeepKernelGP(X, Y)) < 2.0
    assert surprise(DeepKernelGP(X, Y, weight_scale=None)) > 10.0


def test_the_spectral_norm_is_bounded_after_training():
    X = points(12, 2)
    model = DeepKernelGP(X, 10.0 * (outcomes(X) > 5.0).double(), weight_scale=None, spectral_bound=0.9).fit()
    layers = [
        m for m in model._regressions.outcomes[0].covariance.kernel.modules() if isinstance(m, nn.Linear)
    ]
    norms = [float(torch.linalg.matrix_norm(layer.weight.detach(), 2)) for layer in layers]
    assert len(norms) == 3
    assert max(norms) <= 0.9 + 1e-9
    assert max(norms) > 0.89


def test_the_leave_one_out_score_is_that_of_refits_without_each_row(fitted):
    outcome = fitted._regressions.outcomes[0]
    likelihood, theta = log_posterior(fitted)
    mean, variance = outcome.leave_one_out()
    expected = -0.5 * ((outcome.y - mean) ** 2 / variance + np.log(2 * np.pi * variance)).sum()
    assert leave_one_out_score(likelihood, theta) == pytest.approx(expected, rel=1e-9)


def test_early_stopping_keeps_the_step_of_the_best_score():
    X = points(20, 2)
    Y = outcomes(X, noise=0.5)
    likelihood, free = log_posterior(DeepKernelGP(X, Y).fit())
    _, stopped = log_posterior(DeepKernelGP(X, Y, patience=3).fit())
    assert leave_one_out_score(likelihood, stopped) > leave_one_out_score(likelihood, free) + 0.1
    assert likelihood.value(stopped) < likelihood.value(free)


def test_a_warm_start_keeps_what_was_learnt(fitted):
    X = points(25, 3)
    model = DeepKernelGP(X, outcomes(X)).fit(initial=fitted.hyperparameters())
    likelihood, theta = log_posterior(model)
    assert likelihood.value(theta) >= likelihood.value(log_posterior(fitted)[1]) - 0.1


def test_many_rows_begin_with_a_subset():
    X = points(170, 2)
    model = DeepKernelGP(X, outcomes(X)).fit()
    assert float((model.mean_variance(X)[0] - outcomes(X, noise=0.0)[:, 0]).square().mean()) < 0.05
    regression = model._regressions.outcomes[0].unfitted()
    assert np.array_equal(
        fit_deep_kernel(regression.unfitted()), fit_deep_kernel(regression.unfitted(), seed=0)
    )


def test_any_encoder_will_do_and_frozen_weights_stay():
    class Convolution(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Conv1d(1, 3, 2)

        def forward(self, x):
            return self.layer(x.reshape(-1, 1, x.shape[-1])).tanh().reshape(*x.shape[:-1], -1)

    X, new = points(20, 4), points(6, 4, seed=1).reshape(2, 3, 4)
    encoder = Convolution()
    encoder.layer.bias.requires_grad_(False)
    model = DeepKernelGP(X, outcomes(X), encoder=encoder).fit()
    assert model.posterior(new).mean.shape == (2, 3, 1)
    trained = model._regressions.outcomes[0].covariance.kernel.encoder.encoder.layer
    assert torch.equal(trained.bias, encoder.layer.bias.double())
    assert not torch.equal(trained.weight, encoder.layer.weight.double())
    assert encoder.layer.weight.dtype == torch.float32  # the user's own module is left alone


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"encoder": nn.Linear(7, 2)}, "the encoder failed on the 6 x 2 training inputs"),
        ({"encoder": nn.Flatten(0)}, "must map 6 x 2 to 6 x features"),
        ({"encoder": torch.relu}, r"must be a torch\.nn\.Module"),
        ({"covar_module": nn.Identity()}, "must be a gpytorch Kernel"),
        ({"weight_scale": -1.0}, "weight_scale"),
        ({"spectral_bound": 0.0}, "spectral norm"),
        ({"patience": 0}, "patience"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    X = points(6, 2)
    with pytest.raises(InvalidInputError, match=message):
        DeepKernelGP(X, outcomes(X), **arguments)


def test_pretraining_makes_features_that_predict_the_outcomes():
    X = points(30, 2)
    y = (X[:, 0] > 0.5).double()
    y = (y - y.mean()) / y.std()
    encoder = SkipEncoder(2, seed=0).double()

    def residual():
        with torch.no_grad():
            design = torch.cat([encoder(X), torch.ones(30, 1).double()], dim=1)
            return float((y - design @ torch.linalg.lstsq(design, y).solution).square().mean())

    before = residual()
    pretrain_(encoder, X, y, 800, seed=1)
    assert residual() < 0.5 * before


def test_a_fit_begins_from_the_pretrained_encoder_and_is_the_same_under_a_seed():
    X = points(12, 2)
    fits = [DeepKernelGP(X, outcomes(X), pretrain_steps=50).fit(seed=seed) for seed in (0, 0)]
    torch.testing.assert_close(fits[0].theta, fits[1].theta, rtol=0, atol=0)
    assert np.isfinite(log_posterior(fits[0])[0].value(fits[0].theta[0].numpy()))
    with pytest.raises(InvalidInputError, match="pretrain_steps"):
        DeepKernelGP(X, outcomes(X), pretrain_steps=-1)


def test_pretraining_leaves_an_encoder_without_trainable_weights_alone():
    X = points(10, 2)
    model = DeepKernelGP(X, outcomes(X), encoder=Periodic(), pretrain_steps=20).fit()
    assert bool(torch.isfinite(model.posterior(X).mean).all())


def test_the_trained_encoder_is_handed_out_as_a_copy():
    X, Y = torch.rand(8, 2, generator=torch.Generator().manual_seed(0)).double(), torch.ones(8, 1).double()
    Y[:4] = -1.0
    network = MLP(2, (3,), 2)
    model = DeepKernelGP(X, Y, encoder=network)
    model.fit()
    inputs = 12.0**0.5 * (X - 0.5)
    assert torch.equal(model.encoder()(inputs), model.features(X))
    assert not torch.equal(network(inputs), model.features(X))
    torch.nn.init.zeros_(model.encoder()[0].weight)
    assert torch.equal(model.encoder()(inputs), model.features(X))
