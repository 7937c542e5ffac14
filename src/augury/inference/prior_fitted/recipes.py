"""Priors by name, each with the network and the training that suit it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from augury.errors import InvalidInputError
from augury.inference.prior_fitted.class_prior import ClassPrior
from augury.inference.prior_fitted.draw import PriorSampler
from augury.inference.prior_fitted.gp_prior import (
    FixedHyperparameters,
    GammaHyperparameters,
    GPPrior,
    LogNormalHyperparameters,
)
from augury.inference.prior_fitted.inputs import CorrelatedInputs, KumaraswamyWarping, MixedInputs
from augury.inference.prior_fitted.mixture_prior import MixturePrior
from augury.inference.prior_fitted.network_prior import NetworkPrior
from augury.inference.prior_fitted.noise import FixedNoise, LogUniformNoise
from augury.inference.prior_fitted.plan import TrainingPlan
from augury.networks.prior_fitted.transformer import TransformerShape


@dataclass(frozen=True)
class Recipe:
    """All that a trained network is made of, besides chance.

    Args:
        prior: sampler of data sets.
        shape: of the network.
        plan: of the training.
    """

    prior: PriorSampler
    shape: TransformerShape
    plan: TrainingPlan


def _gp() -> Recipe:
    """A Gaussian process of fixed hyperparameters in one dimension: the exact posterior is known."""
    return Recipe(
        GPPrior(FixedHyperparameters(0.3), FixedNoise(0.1), "rbf"),
        TransformerShape(dim=1, num_bars=100, width=64, layers=4, hidden=128),
        TrainingPlan(max_context=20, queries=16, tokens=2048, steps=4000, learning_rate=2e-3),
    )


def _hyper_gp() -> Recipe:
    """Gaussian processes with sampled lengthscales, variances and noise in one to five dimensions."""
    return Recipe(
        GPPrior(
            GammaHyperparameters(outputscale=(2.0, 2.0)),
            LogUniformNoise(0.01, 0.5, quiet=0.0, outliers=0.0),
            "matern-5/2",
        ),
        TransformerShape(dim=5, num_bars=100, width=64, layers=4, hidden=128, experts=True),
        TrainingPlan(
            dims=(1, 5), max_context=40, queries=16, tokens=1536, steps=3000, sizes="log", warm_up=50
        ),
    )


def _surrogate() -> Recipe:
    """Gaussian processes and random networks in one to ten dimensions, up to 200 rows, mixed inputs."""
    hyper = LogNormalHyperparameters()
    noise, inputs, warping = LogUniformNoise(), MixedInputs(), KumaraswamyWarping()
    members: list[PriorSampler] = [
        GPPrior(hyper, noise, "matern-5/2", inputs, warping),
        GPPrior(hyper, noise, "rbf", inputs, warping),
        NetworkPrior(noise=noise, inputs=inputs),
    ]
    return Recipe(
        MixturePrior(members, [0.4, 0.3, 0.3]),
        TransformerShape(
            dim=10, num_bars=100, width=96, layers=4, hidden=192, experts=True, sampled=True, standardize=True
        ),
        TrainingPlan(
            dims=(1, 10), max_context=200, queries=32, tokens=2048, max_batch=48, steps=6000, sizes="log"
        ),
    )


def _classes() -> Recipe:
    """Two classes: random networks, linear functions among them, and Gaussian processes in up to thirty
    dimensions, correlated or not, cut at a level."""
    noise = LogUniformNoise(0.01, 1.0, quiet=0.0, outliers=0.0)
    inputs = CorrelatedInputs(MixedInputs(0.3))
    members: list[PriorSampler] = [
        NetworkPrior(depths=(0, 2), noise=noise, inputs=inputs),
        GPPrior(LogNormalHyperparameters(irrelevant=0.3), noise, "matern-5/2", inputs),
    ]
    return Recipe(
        ClassPrior(MixturePrior(members, [0.6, 0.4])),
        TransformerShape(dim=30, width=64, layers=4, hidden=128, experts=True, standardize=True, classes=2),
        TrainingPlan(dims=(1, 30), max_context=100, queries=32, tokens=2048, steps=3000, max_batch=32),
    )


_RECIPES: dict[str, Callable[[], Recipe]] = {
    "gp": _gp,
    "hyper-gp": _hyper_gp,
    "surrogate": _surrogate,
    "classes": _classes,
}


def recipe_names() -> list[str]:
    """The names that `recipe` knows."""
    return list(_RECIPES)


def recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        InvalidInputError: no recipe has it.
    """
    if name not in _RECIPES:
        allowed = ", ".join(map(repr, _RECIPES))
        raise InvalidInputError(f"there is no prior called {name!r}; choose one of {allowed}")
    return _RECIPES[name]()
