"""Checks that a model can do what it declares in `capabilities`."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from botorch.acquisition import qLogExpectedImprovement
from botorch.posteriors import GPyTorchPosterior
from botorch.sampling import SobolQMCNormalSampler
from botorch.sampling.get_sampler import get_sampler

from augury.testing.model_cases import (
    CAPABILITIES,
    ModelFactory,
    fitted,
    moments,
    outcomes,
    points,
    require,
    require_close,
)


def declares_its_capabilities(factory: ModelFactory) -> None:
    """`capabilities` is a frozenset of known words."""
    capabilities = getattr(fitted(factory), "capabilities", None)
    require(isinstance(capabilities, frozenset), f"capabilities is {capabilities!r}, not a frozenset")
    unknown = sorted((capabilities or frozenset()) - CAPABILITIES)
    require(not unknown, f"capabilities has {unknown}; known are {sorted(CAPABILITIES)}")


def gaussian_moments_agree_with_the_posterior(factory: ModelFactory) -> None:
    """`gaussian`: the posterior is a normal distribution; the fast moments, where offered, are its own."""
    model, X = fitted(factory), points(5, seed=1)
    if "gaussian" in model.capabilities:
        require(isinstance(model.posterior(X), GPyTorchPosterior), "the posterior is not a GPyTorchPosterior")
    expected = [values.reshape(-1) for values in moments(model.posterior(X.unsqueeze(-2)))]
    for method in ("mean_variance", "mean_variance_gradient"):
        if hasattr(model, method):
            for given, value in zip(getattr(model, method)(X)[:2], expected, strict=True):
                require_close(given.detach(), value, 1e-6, f"{method} disagrees with the posterior")
    if hasattr(model, "mean_variance_gradient"):
        _require_fast_gradients(model, X)


def _require_fast_gradients(model: Any, X: torch.Tensor) -> None:
    inputs = X.clone().unsqueeze(-2).requires_grad_(True)
    posterior = model.posterior(inputs)
    for value, given in zip(
        (posterior.mean, posterior.variance), model.mean_variance_gradient(X)[2:], strict=True
    ):
        (expected,) = torch.autograd.grad(value.sum(), inputs, retain_graph=True)
        require_close(given, expected.squeeze(-2), 1e-5, "mean_variance_gradient is not the gradient")


def location_and_scale_agree_with_the_posterior(factory: ModelFactory) -> None:
    """`location_scale`: not Gaussian; the mean is the location, the variance that of the law times the
    squared scale, alone and beside fixed points."""
    model, X = fitted(factory), points(5, seed=1)
    if "location_scale" not in model.capabilities:
        return
    require("gaussian" not in model.capabilities, "a posterior is Gaussian or of another law, not both")
    mean, variance = (values.reshape(-1) for values in moments(model.posterior(X.unsqueeze(-2))))
    for fixed in (None, points(3, seed=2).numpy()):
        parts, law = model.location_scale(fixed)
        location, squared_scale, covariance = (torch.from_numpy(part) for part in parts(X.numpy()))
        require_close(location, mean, 1e-6, "the location is not the mean")
        require_close(squared_scale * law.deviation**2, variance, 1e-5, "the law's variance is another one")
        expected = (5, 0 if fixed is None else 3)
        require(tuple(covariance.shape) == expected, f"covariances with 3 points: {tuple(covariance.shape)}")


def draws_joint_samples(factory: ModelFactory) -> None:
    """`joint_samples`: samples through BoTorch's sampler are joint (a repeated point has one value)."""
    model = fitted(factory)
    if "joint_samples" not in model.capabilities:
        return
    X = points(2, seed=1)[[0, 1, 0]]
    posterior = model.posterior(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a singular covariance is what is asked about
        samples = get_sampler(posterior, torch.Size([64]), seed=0)(posterior).detach()
    require(tuple(samples.shape) == (64, 3, 1), f"64 samples at 3 points have shape {tuple(samples.shape)}")
    spread = float(posterior.variance.detach().max()) ** 0.5
    require_close(samples[:, 0], samples[:, 2], 0.05 * spread + 1e-3, "a point differs from itself")


def conditions_on_observations(factory: ModelFactory) -> None:
    """`condition`: a new outcome draws the mean to it, lowers the variance, and leaves the model alone."""
    model, X = fitted(factory), torch.full((1, 2), 0.9, dtype=torch.float64)
    if "condition" not in model.capabilities:
        return
    mean, variance = moments(model.posterior(X))
    told = mean + 2.0 * variance.sqrt()
    new_mean, new_variance = moments(model.condition_on_observations(X, told).posterior(X))
    require(bool((new_mean > mean).all()), "a larger outcome does not raise the mean at its point")
    require(bool((new_variance < variance).all()), "an outcome does not lower the variance at its point")
    require_close(moments(model.posterior(X))[0], mean, 0.0, "conditioning changes the model itself")


def fantasizes(factory: ModelFactory) -> None:
    """`fantasize`: a batch of models, one for each sampled outcome."""
    model = fitted(factory)
    if "fantasize" not in model.capabilities:
        return
    X, new = points(6, seed=1).reshape(3, 2, 2), points(3, seed=2).unsqueeze(-2)
    fantasies = model.fantasize(X, SobolQMCNormalSampler(torch.Size([4]), seed=0))
    mean, variance = moments(fantasies.posterior(new))
    require(tuple(mean.shape) == (4, 3, 1, 1), f"4 fantasies of 3 batches predict {tuple(mean.shape)}")
    require(bool(torch.isfinite(mean).all() and (variance >= 0).all()), "a fantasy predicts no number")


def remembers_its_training_inputs(factory: ModelFactory) -> None:
    """`train_inputs`: `train_inputs[0]` are the rows the model was given."""
    model = fitted(factory)
    if "train_inputs" in model.capabilities:
        require_close(model.train_inputs[0], points(12), 0.0, "train_inputs are not the training inputs")


def serves_an_acquisition_function_of_botorch(factory: ModelFactory) -> None:
    """Monte Carlo log expected improvement has a finite value and gradient."""
    X = points(3, seed=1).unsqueeze(-2).requires_grad_(True)
    model = fitted(factory)
    sampler = get_sampler(model.posterior(X.detach()[:1]), torch.Size([32]), seed=0)
    acquisition = qLogExpectedImprovement(model, best_f=float(outcomes(points(12)).median()), sampler=sampler)
    value = acquisition(X)
    (gradient,) = torch.autograd.grad(value.sum(), X)
    require(tuple(value.shape) == (3,), f"qLogExpectedImprovement at 3 points has shape {tuple(value.shape)}")
    require(bool(torch.isfinite(value).all()), "qLogExpectedImprovement is not finite")
    require(bool(torch.isfinite(gradient).all()), "the gradient of qLogExpectedImprovement is not finite")
