"""Weight priors tuned so that the network's functions are distributed like those of a Gaussian process."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from gpytorch.kernels import Kernel
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.base import Progress
from augury.inference.bures import bures_distance
from augury.inference.function_prior import GaussianProcessPrior
from augury.inference.measurement_sets import MeasurementSampler
from augury.inference.wasserstein import WassersteinCritic
from augury.inference.weight_prior import WeightPrior

Distance = Literal["wasserstein", "bures"]

_DECAY = 0.99
_EPSILON = 1e-8


@dataclass(frozen=True)
class MatchResult:
    """A tuned prior.

    Args:
        prior: with the hyperparameters found.
        history: the distance at each step (that seen by the critic is a noisy bound, and not comparable
            between measurement sets of different size).
        converged: False when a distance that was not finite ended the search; the prior is the last good one.
    """

    prior: WeightPrior
    history: tuple[float, ...]
    converged: bool


def match_functional_prior(
    prior: WeightPrior,
    function_prior: GaussianProcessPrior | Kernel,
    measurement_sampler: MeasurementSampler,
    *,
    distance: Distance = "wasserstein",
    num_iterations: int = 200,
    num_samples: int = 128,
    lr: float = 0.05,
    inner_steps: int = 200,
    critic_width: int = 200,
    critic_lr: float = 0.02,
    critic_threshold: float = 0.1,
    penalty: float = 10.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> MatchResult:
    r"""Tune the hyperparameters of a weight prior until its functions look like draws of a Gaussian process.

    .. math::
        \hat\psi = \arg\min_\psi\ \mathbb E_{X_M}\ d\bigl(p_\psi(f(X_M)),\ p_{GP}(f(X_M))\bigr)

    over random measurement inputs `X_M`, by stochastic gradients (RMSprop) through sampled weights. The
    distance is the 1-Wasserstein distance, found by a critic that is trained anew for every step, or the
    Bures distance, the closed-form 2-Wasserstein distance between the normal distributions of the same
    means and
    covariances: some hundred times cheaper, and blind to what is not normal.

    Args:
        prior: a family with hyperparameters, where the search starts (`GaussianWeightPrior`,
            `HierarchicalWeightPrior`, `PlanarFlowWeightPrior`); it names the network.
        function_prior: the target, or its kernel (with zero mean).
        measurement_sampler: draws the `N x ...` inputs where functions are compared.
        distance: "wasserstein" or "bures".
        num_iterations: steps.
        num_samples: functions drawn from each prior in a step.
        lr: first step size, falling along a cosine.
        inner_steps: steps of the critic for each.
        critic_width: of its hidden layers.
        critic_lr: its step size (Adagrad).
        critic_threshold: its training ends where the gradient is smaller than this.
        penalty: weight of the penalty that holds its slope at one.
        seed: of all random numbers.
        progress: called with `(steps done, steps in all, what is being done)`.

    Raises:
        InvalidInputError: an unknown distance, counts below 1, or measurement sets of changing size.
        NotSupportedError: a prior without hyperparameters, or a kernel whose hyperpriors cannot be drawn.

    Source: Tran et al., "All you need is a good functional prior for Bayesian deep learning", JMLR 23 (2022),
    algorithm 1.
    """
    if distance not in get_args(Distance):
        raise InvalidInputError(f"distance must be 'wasserstein' or 'bures'; given {distance!r}")
    if num_iterations < 1 or num_samples < 2:
        raise InvalidInputError("num_iterations must be at least 1 and num_samples at least 2")
    target = GaussianProcessPrior(function_prior) if isinstance(function_prior, Kernel) else function_prior
    generator = torch.Generator().manual_seed(seed)
    parameters = prior.hyperparameters()

    def functions(values: Mapping[str, Tensor], X: Tensor) -> Tensor:
        return prior.network(prior.sample_with(values, num_samples, generator), X)

    def wasserstein(values: Mapping[str, Tensor], X: Tensor) -> Tensor:
        drawn = functions(values, X)
        with torch.no_grad():
            bag = functions(values, X)
        outputs = drawn.shape[-1]
        critic = WassersteinCritic(len(X), critic_width, penalty, generator)
        gp_bag, gp = (
            target.sample(X, num_samples, num_outputs=outputs, generator=generator) for _ in range(2)
        )
        critic.train(bag, gp_bag, steps=inner_steps, lr=critic_lr, threshold=critic_threshold)
        return critic.difference(drawn, gp)

    def bures(values: Mapping[str, Tensor], X: Tensor) -> Tensor:
        mean, covariance = target.moments(X, generator=generator)
        columns = functions(values, X).unbind(-1)
        return torch.stack([bures_distance(column, mean, covariance) for column in columns]).sum()

    objective = wasserstein if distance == "wasserstein" else bures
    return _descend(
        prior, parameters, objective, measurement_sampler, num_iterations, lr, generator, progress
    )


def _descend(
    prior: WeightPrior,
    parameters: dict[str, Tensor],
    objective: Callable[[Mapping[str, Tensor], Tensor], Tensor],
    measurement_sampler: MeasurementSampler,
    num_iterations: int,
    lr: float,
    generator: torch.Generator,
    progress: Progress | None,
) -> MatchResult:
    """RMSprop with bias correction and a falling step size, until done or a number is not finite."""
    squares = {name: torch.zeros_like(value) for name, value in parameters.items()}
    history: list[float] = []
    size = None
    for step in range(1, num_iterations + 1):
        X = measurement_sampler(generator)
        if size is not None and len(X) != size:
            raise InvalidInputError(
                f"a measurement set must keep its size; it had {size} inputs and then {len(X)}"
            )
        size = len(X)
        leaves = {name: value.detach().requires_grad_(True) for name, value in parameters.items()}
        value = objective(leaves, X)
        gradients = torch.autograd.grad(value, list(leaves.values()), allow_unused=True)
        finite = [value, *(gradient for gradient in gradients if gradient is not None)]
        if not all(bool(torch.isfinite(tensor).all()) for tensor in finite):
            return MatchResult(prior.with_hyperparameters(parameters), tuple(history), converged=False)
        history.append(float(value.detach()))
        rate = 0.5 * lr * (1.0 + math.cos(math.pi * (step - 1) / num_iterations))
        moved = {}
        for (name, leaf), gradient in zip(leaves.items(), gradients, strict=True):
            slope = torch.zeros_like(leaf) if gradient is None else gradient
            squares[name].mul_(_DECAY).addcmul_(slope, slope, value=1.0 - _DECAY)
            root = (squares[name] / (1.0 - _DECAY**step)).sqrt() + _EPSILON
            moved[name] = leaf.detach() - rate * slope / root
        parameters = moved
        if progress is not None:
            progress(step, num_iterations, "matching the prior")
    return MatchResult(prior.with_hyperparameters(parameters), tuple(history), converged=True)
