"""Conditioning and fantasies against a model built on all rows with the same hyperparameters."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.models.transforms.input import Normalize
from botorch.sampling import SobolQMCNormalSampler
from gpytorch.kernels import LinearKernel, RBFKernel, ScaleKernel

from augury.errors import InvalidInputError, NotSupportedError
from augury.models import GaussianProcess
from augury.models.exact.covariance import Covariance
from tests.models.cases import mixed_points, outcomes, points

KERNELS = {
    "default": None,
    "scaled RBF": ScaleKernel(RBFKernel()),
    "not stationary": RBFKernel() + LinearKernel(),
}


def pair(q=3, m=1, kernel=None, cardinalities=(), noisy=False):
    """A fitted model, `q` more rows, and a function that predicts by brute force with them."""
    X = mixed_points(15 + q, 2, cardinalities)
    Y = outcomes(X, m)
    Yvar = torch.linspace(0.05, 1.0, 15 + q).double().unsqueeze(-1).repeat(1, m) if noisy else None
    columns = list(range(2, 2 + len(cardinalities)))
    model = GaussianProcess(
        X[:15], Y[:15], None if Yvar is None else Yvar[:15], columns, covar_module=kernel
    ).fit()
    return model, X, Y, Yvar


def brute_force(model, X, Y, noise, new):
    """Mean and covariance (m each) given all rows, hyperparameters, constants and standardisation kept."""
    shift, scale = (part.numpy() for part in model._affine())
    moments = []
    for index, outcome in enumerate(model._outcomes):
        covariance: Covariance = outcome.covariance
        dense = lambda a, b, c=covariance: c.dense(a, b).detach().numpy()  # noqa: E731
        y = (Y[:, index].numpy() - shift[index]) / scale[index] - outcome.constant
        K = dense(X, X) + np.diag(noise[:, index])
        cross = dense(new, X)
        weights = np.linalg.solve(K, cross.T).T
        moments.append((shift[index] + scale[index] * (outcome.constant + weights @ y),
                        scale[index] ** 2 * (dense(new, new) - weights @ cross.T)))  # fmt: skip
    return moments


def all_noise(model, q, new_noise=None):
    noise = np.stack([outcome.noise_variance for outcome in model._outcomes], axis=-1)
    new = np.repeat(noise.mean(axis=0)[None], q, axis=0) if new_noise is None else new_noise
    return np.concatenate([noise, new])


@pytest.mark.parametrize("noisy", [False, True], ids=["inferred", "known"])
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("m", [1, 2])
def test_it_is_a_model_of_all_rows(m, kernel, noisy):
    model, X, Y, Yvar = pair(m=m, kernel=KERNELS[kernel], noisy=noisy)
    noise = None if Yvar is None else Yvar[15:] / model.outcome_transform.stdvs.square()
    conditioned = model.condition_on_observations(X[15:], Y[15:], noise=noise)
    new = points(4, 2, seed=5)
    expected = brute_force(model, X, Y, all_noise(model, 3, None if noise is None else noise.numpy()), new)
    posterior = conditioned.posterior(new)
    for index, (mean, covariance) in enumerate(expected):
        np.testing.assert_allclose(posterior.mean[:, index].detach(), mean, rtol=0, atol=1e-8)
        variance = posterior.variance[:, index].detach()
        np.testing.assert_allclose(variance, covariance.diagonal(), rtol=0, atol=1e-8)
    assert conditioned.train_inputs[0].shape == (18, 2)
    targets = conditioned.train_targets.reshape(m, 18)
    standard = (Y - model.outcome_transform.means) / model.outcome_transform.stdvs
    np.testing.assert_allclose(targets, standard.T, atol=1e-8)
    assert model.train_inputs[0].shape == (15, 2)


def test_every_method_of_the_conditioned_model_agrees():
    model, X, Y, _ = pair(cardinalities=(3,))
    conditioned = model.condition_on_observations(X[15:], Y[15:])
    new = mixed_points(4, 2, (3,), seed=5)
    posterior = conditioned.posterior(new)
    mean, variance = conditioned.mean_variance(new)
    torch.testing.assert_close(mean, posterior.mean.squeeze(-1), rtol=0, atol=1e-8)
    torch.testing.assert_close(variance, posterior.variance.squeeze(-1), rtol=0, atol=1e-8)
    left_out, _ = conditioned.leave_one_out()
    assert left_out.shape == (18, 1)
    refitted = conditioned.fit()
    assert refitted.log_posterior() >= conditioned.log_posterior() - 1e-9


def test_a_second_conditioning_continues_the_first():
    model, X, Y, _ = pair(q=4)
    once = model.condition_on_observations(X[15:], Y[15:])
    twice = model.condition_on_observations(X[15:17], Y[15:17]).condition_on_observations(X[17:], Y[17:])
    new = points(4, 2, seed=5)
    torch.testing.assert_close(twice.posterior(new).mean, once.posterior(new).mean, rtol=0, atol=1e-8)
    torch.testing.assert_close(twice.posterior(new).variance, once.posterior(new).variance, rtol=0, atol=1e-8)


def test_batches_and_fantasies_are_conditioned_one_by_one():
    model, _, _, _ = pair()
    batch = points(10, 2, seed=6).reshape(5, 2, 2)
    fantasies = outcomes(points(30, 2, seed=7)).reshape(3, 5, 2, 1)
    conditioned = model.condition_on_observations(batch, fantasies)
    assert conditioned.batch_shape == (3, 5)
    assert conditioned.train_inputs[0].shape == (5, 17, 2)
    assert conditioned.train_targets.shape == (3, 5, 17)
    new = points(4, 2, seed=5)
    posterior = conditioned.posterior(new)
    assert posterior.mean.shape == (3, 5, 4, 1)
    more = points(5, 2, seed=8).reshape(5, 1, 2)
    again = conditioned.condition_on_observations(more, fantasies[:, :, :1])
    for f in range(3):
        for b in range(5):
            alone = model.condition_on_observations(batch[b], fantasies[f, b])
            continued = alone.condition_on_observations(more[b], fantasies[f, b, :1])
            for given, expected in (
                (posterior, alone.posterior(new)),
                (again.posterior(new), continued.posterior(new)),
            ):
                torch.testing.assert_close(given.mean[f, b], expected.mean, rtol=0, atol=1e-8)
                torch.testing.assert_close(given.variance[f, b], expected.variance, rtol=0, atol=1e-8)
    for closed_form in (lambda: conditioned.mean_variance(new), conditioned.fit, conditioned.leave_one_out):
        with pytest.raises(NotSupportedError, match="batch of conditioned models"):
            closed_form()


def test_fantasies_are_samples_of_the_noisy_posterior():
    model, _, _, _ = pair(m=2)
    X = points(6, 2, seed=6).reshape(3, 2, 2)
    sampler = SobolQMCNormalSampler(torch.Size([4]), seed=1)
    fantasies = model.fantasize(X, sampler)
    same = SobolQMCNormalSampler(torch.Size([4]), seed=1)(model.posterior(X, observation_noise=True))
    expected = model.condition_on_observations(X, same)
    new = points(3, 2, seed=5).unsqueeze(-2)
    torch.testing.assert_close(fantasies.posterior(new).mean, expected.posterior(new).mean)
    assert fantasies.posterior(new).mean.shape == (4, 3, 1, 2)


def test_an_input_transform_applies_to_new_rows_too():
    bounds = torch.tensor([[0.0, 0.0], [10.0, 10.0]]).double()
    X = points(18, 2)
    Y = outcomes(X)
    raw = GaussianProcess(10.0 * X[:15], Y[:15], input_transform=Normalize(2, bounds=bounds)).fit()
    plain = GaussianProcess(X[:15], Y[:15]).fit()
    new = points(4, 2, seed=5)
    expected = plain.condition_on_observations(X[15:], Y[15:]).posterior(new)
    given = raw.condition_on_observations(10.0 * X[15:], Y[15:])
    torch.testing.assert_close(given.posterior(10.0 * new).mean, expected.mean)
    torch.testing.assert_close(given.train_inputs[0], 10.0 * X)


def test_a_row_seen_before_may_come_again():
    model, X, Y, _ = pair()
    repeated = X[[0, 0, 0]]
    conditioned = model.condition_on_observations(repeated, Y[[0, 0, 0]], noise=torch.zeros(3, 1))
    posterior = conditioned.posterior(X)
    assert torch.isfinite(posterior.mean).all()
    assert (posterior.variance >= 0).all()


def test_conditioning_is_differentiable():
    model, X, Y, _ = pair()
    at = X[15:16].clone().requires_grad_(True)
    new = points(2, 2, seed=5)
    (gradient,) = torch.autograd.grad(
        model.condition_on_observations(at, Y[15:16]).posterior(new).mean.sum(), at
    )
    step = 1e-5
    for column in range(2):
        shift = step * torch.eye(2).double()[column]
        above, below = (
            model.condition_on_observations(X[15:16] + sign * shift, Y[15:16]).posterior(new).mean.sum()
            for sign in (1, -1)
        )
        assert float(gradient[0, column]) == pytest.approx(
            float(above - below) / (2 * step), rel=1e-4, abs=1e-6
        )


@pytest.mark.parametrize("outcomes_of", [lambda Y: Y[15:16], lambda Y: Y[15, 0], lambda Y: Y[15:17].numpy()])
def test_each_point_has_its_own_outcome(outcomes_of):
    model, X, Y, _ = pair()
    with pytest.raises(InvalidInputError, match=r"2 points need outcomes of shape ... x 2 x 1"):
        model.condition_on_observations(X[15:17], outcomes_of(Y))
