"""Checks of what a model predicts: shapes, units, gradients, reproducibility."""

from __future__ import annotations

import random

import numpy as np
import torch
from botorch.acquisition.objective import ScalarizedPosteriorTransform

from augury.errors import NotSupportedError
from augury.models.persistence.files import from_bytes, to_bytes
from augury.models.surrogate import Surrogate
from augury.testing.model_cases import (
    ModelFactory,
    fit,
    fitted,
    moments,
    outcomes,
    points,
    require,
    require_close,
    require_sound,
)


def predicts_with_the_right_shapes(factory: ModelFactory) -> None:
    """`posterior(X)` at `batch x q x d` has mean and variance of `batch x q x m`."""
    for m in (1, 2):
        model = fitted(factory, m=m)
        require(model.num_outputs == m, f"num_outputs is {model.num_outputs} for {m} outcomes")
        require(tuple(model.batch_shape) == (), f"a single model has batch_shape {tuple(model.batch_shape)}")
        for shape in ((1, 2), (3, 2), (4, 1, 2), (4, 3, 2), (2, 4, 3, 2)):
            X = points(24, 2, seed=1)[: int(np.prod(shape[:-1]))].reshape(shape)
            for name, values in zip(("mean", "variance"), moments(model.posterior(X)), strict=True):
                expected = (*shape[:-1], m)
                given = tuple(values.shape)
                require(given == expected, f"the {name} at X of shape {shape} is {given}, not {expected}")


def predicts_batches_like_single_points(factory: ModelFactory) -> None:
    """The marginals at a point do not depend on the points it is predicted with."""
    model, X = fitted(factory), points(6, seed=1)
    alone = moments(model.posterior(X.unsqueeze(-2)))
    together = moments(model.posterior(X))
    for one, all_ in zip(alone, together, strict=True):
        require_close(one.squeeze(-2), all_, 1e-6, "a point alone and among others is predicted differently")


def learns_a_smooth_function(factory: ModelFactory) -> None:
    """Predictions at new points are better than the mean of the outcomes."""
    model, X = fitted(factory, n=30), points(50, seed=1)
    truth = outcomes(X)
    error = (require_sound(model, X, "new points")[0].squeeze(-2) - truth).square().mean()
    require(bool(error < 0.5 * truth.var()), f"the squared error is {float(error / truth.var()):.0%} of it")


def is_less_certain_away_from_data(factory: ModelFactory) -> None:
    """The variance at training points is below that in the far corner of the cube."""
    X = 0.3 * points(12)
    model = fit(factory(X, outcomes(X)))
    near = require_sound(model, X, "training points")[1].mean()
    far = require_sound(model, torch.ones(1, 2).double(), "the far corner")[1].mean()
    require(bool(near < 0.9 * far), f"variance {float(near):.3g} at the data, {float(far):.3g} far from it")


def predicts_in_the_units_of_the_outcomes(factory: ModelFactory) -> None:
    """A change of unit of the outcomes changes predictions by the same shift and scale."""
    X, new = points(12), points(6, seed=1)
    mean, variance = require_sound(fit(factory(X, outcomes(X))), new, "first unit")
    shifted, scaled = require_sound(fit(factory(X, 100.0 * outcomes(X) - 50.0)), new, "second unit")
    deviation = float(outcomes(X).std())
    require_close(shifted, 100.0 * mean - 50.0, 5.0 * deviation, "the mean keeps another unit")
    ratio = (scaled / (1e4 * variance)).log().abs().max()
    require(bool(ratio < 0.5), "the variance keeps another unit")


def is_differentiable(factory: ModelFactory) -> None:
    """Mean and variance have the gradient, with respect to the points, of finite differences."""
    model, X = fitted(factory), points(4, seed=1).unsqueeze(-2).requires_grad_(True)
    step = 1e-5
    for index, name in enumerate(("mean", "variance")):
        posterior = model.posterior(X)
        value = (posterior.mean, posterior.variance)[index]
        (gradient,) = torch.autograd.grad(value.sum(), X)
        for column in range(2):
            shift = step * torch.eye(2).double()[column]
            with torch.no_grad():
                above, below = (moments(model.posterior(X + sign * shift))[index] for sign in (1, -1))
            slope = (above - below).squeeze(-1) / (2.0 * step)
            tolerance = 1e-3 * max(1.0, float(gradient.abs().max()))
            message = f"the gradient of the {name} is not its slope"
            require_close(gradient[..., column], slope, tolerance, message)


def observation_noise_adds_variance(factory: ModelFactory) -> None:
    """`observation_noise=True` leaves the mean and does not lower the variance; known noise counts."""
    X, new = points(12), points(6, seed=1)
    for noise in (None, torch.full((12, 1), 0.04, dtype=torch.float64)):
        model = fit(factory(X, outcomes(X), noise))
        mean, variance = moments(model.posterior(new))
        noisy_mean, noisy_variance = moments(model.posterior(new, observation_noise=True))
        require_close(noisy_mean, mean, 1e-6, "noise moves the mean")
        require(bool((noisy_variance >= variance - 1e-9).all()), "noise lowers the variance")
        if noise is not None:
            require_close(noisy_variance - variance, noise[:6], 1e-3, "the known noise is not what is added")


def serves_some_outcomes_only(factory: ModelFactory) -> None:
    """`output_indices` and `subset_output` give the predictions of those outcomes."""
    model, X = fitted(factory, m=3), points(5, seed=1)
    mean, variance = moments(model.posterior(X))
    for indices in ([1], [2, 0]):
        subset = model.subset_output(indices)
        require(subset.num_outputs == len(indices), f"subset_output({indices}) has {subset.num_outputs}")
        for posterior in (model.posterior(X, output_indices=indices), subset.posterior(X)):
            some_mean, some_variance = moments(posterior)
            require_close(some_mean, mean[..., indices], 1e-6, "the mean of a subset differs")
            require_close(some_variance, variance[..., indices], 1e-6, "the variance of a subset differs")


def applies_a_posterior_transform(factory: ModelFactory) -> None:
    """A linear combination of the outcomes has the combined mean."""
    model, X = fitted(factory, m=2), points(5, seed=1)
    weights = torch.tensor([2.0, -1.0], dtype=torch.float64)
    combined = model.posterior(X, posterior_transform=ScalarizedPosteriorTransform(weights))
    expected = moments(model.posterior(X))[0] @ weights
    require_close(combined.mean.detach().squeeze(-1), expected, 1e-6, "posterior_transform is not applied")


def is_deterministic(factory: ModelFactory) -> None:
    """Two fits of the same data predict the same, whatever the global random state is."""
    X, predictions = points(6, seed=1), []
    state = torch.get_rng_state()
    try:
        for seed in (1, 2):
            torch.manual_seed(seed)
            predictions.append(moments(fitted(factory).posterior(X)))
    finally:
        torch.set_rng_state(state)
    for first, second in zip(*predictions, strict=True):
        require_close(first, second, 1e-9, "two fits of the same data predict differently")


def leaves_global_random_state_alone(factory: ModelFactory) -> None:
    """Neither fit nor prediction draws from the global generators."""
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()  # type: ignore[index]  # noqa: NPY002
    moments(fitted(factory).posterior(points(3)))
    after = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()  # type: ignore[index]  # noqa: NPY002
    require(before[:2] == after[:2], "the model draws from the global generator of random or NumPy")
    require(torch.equal(before[2], after[2]), "the model draws from the global generator of torch")


def leaves_its_arguments_alone(factory: ModelFactory) -> None:
    """Training data are not changed, and later changes to them do not reach the model."""
    X, new = points(12), points(4, seed=1)
    Y, noise = outcomes(X), torch.full((12, 1), 0.01, dtype=torch.float64)
    kept = X.clone(), Y.clone(), noise.clone()
    model = fit(factory(X, Y, noise))
    for argument, original in zip((X, Y, noise), kept, strict=True):
        require(torch.equal(argument, original), "a training tensor was changed")
    mean, _ = moments(model.posterior(new))
    for argument in (X, Y, noise):
        argument.fill_(0.5)
    require_close(moments(model.posterior(new))[0], mean, 0.0, "the model changes with the caller's tensors")


def state_restores_predictions(factory: ModelFactory) -> None:
    """`state_dict` and the training data give the predictions back without `fit`, or are refused."""
    model, new = fitted(factory, m=2), points(5, seed=1)
    X = points(12)
    other = factory(X, outcomes(X, 2))
    try:
        other.load_state_dict(model.state_dict())
    except NotSupportedError:
        return
    for restored, original in zip(moments(other.posterior(new)), moments(model.posterior(new)), strict=True):
        require_close(restored, original, 1e-9, "the state does not give the predictions back")


def saves_and_loads(factory: ModelFactory) -> None:
    """What `model.save` writes gives a model that predicts the same, or is refused."""
    model, new = fitted(factory, m=2), points(5, seed=1)
    if not isinstance(model, Surrogate):
        return
    try:
        content, supplied = to_bytes(model)
    except NotSupportedError:
        return
    loaded = from_bytes(content, supplied)
    require(type(loaded) is type(model), f"a {type(model).__name__} was loaded as {type(loaded).__name__}")
    for restored, original in zip(moments(loaded.posterior(new)), moments(model.posterior(new)), strict=True):
        require_close(restored, original, 1e-9, "the file does not give the predictions back")
