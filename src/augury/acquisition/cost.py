"""Acquisition per unit of cost, where evaluations cost differently: a known cost, or one learnt."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np
import torch

from augury.acquisition.analytic import PosteriorMean
from augury.acquisition.base import Acquisition
from augury.acquisition.registry import ACQUISITIONS
from augury.acquisition.situation import Situation
from augury.errors import InvalidInputError, NotSupportedError
from augury.models.gaussian_process import GaussianProcess
from augury.space.space import Space

_FEWEST = 2  # costs to learn from
_STEP = 1e-5  # of finite differences of a known cost
#: Acquisitions whose values are logarithms of a worth, which can be divided by a cost.
LOGARITHMS = (
    "log-ei",
    "log-nei",
    "log-pi",
    "risk-neutral-nei",
    "knowledge-gradient",
    "max-value-entropy",
)


class LogCost(Protocol):
    """The logarithm of an evaluation's cost, a function of encoded points."""

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`)."""


class LearntCost:
    """The mean of a Gaussian process of the logarithm of the costs told; 0 while fewer than two were told.

    Args:
        X: `n x d` encoded points.
        cost: `n` costs, NaN where none was told.
        space: where the points live.

    Raises:
        InvalidInputError: a cost that is not positive, when the costs are first used.

    Source: Snoek, Larochelle and Adams, "Practical Bayesian optimization of machine learning algorithms",
    NeurIPS 2012, section 3.2.
    """

    def __init__(self, X: np.ndarray, cost: np.ndarray, space: Space | None = None) -> None:
        told = np.isfinite(cost)
        self.X, self.cost, self.space = X[told], cost[told], space

    @cached_property
    def _mean(self) -> PosteriorMean | None:
        if len(self.cost) < _FEWEST:
            return None
        if (self.cost <= 0.0).any():
            raise InvalidInputError(
                f"a cost of {self.cost.min():g} was told; an acquisition per cost needs costs above 0"
            )
        categories = None if self.space is None else self.space.categorical_features
        X, y = torch.from_numpy(self.X.copy()), torch.from_numpy(np.log(self.cost))[:, None]
        return PosteriorMean(GaussianProcess(X, y, categorical_features=categories).fit())

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        return np.zeros(len(X)) if self._mean is None else self._mean.value(X)

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`)."""
        return (np.zeros(len(X)), np.zeros(X.shape)) if self._mean is None else self._mean.value_gradient(X)


class KnownCost:
    """The logarithm of a cost that is known beforehand, with a gradient by finite differences.

    Args:
        cost: gets the parameters as one dict, and returns a positive number.
        space: decodes points.
    """

    def __init__(self, cost: Callable[[dict[str, Any]], float], space: Space) -> None:
        self.cost, self.space = cost, space

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`).

        Raises:
            InvalidInputError: a cost that is not positive and finite.
        """
        costs = np.array([float(self.cost(params)) for params in self.space.decode(X)])
        if not (np.isfinite(costs) & (costs > 0.0)).all():
            raise InvalidInputError("the cost of an evaluation must be positive and finite everywhere")
        return np.log(costs)

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`, 0 in columns with levels)."""
        gradient = np.zeros(X.shape)
        for column, parameter in enumerate(self.space.column_parameters):
            if parameter.n_levels is not None:
                continue
            above, below = X.copy(), X.copy()
            above[:, column] = np.minimum(X[:, column] + _STEP, 1.0)
            below[:, column] = np.maximum(X[:, column] - _STEP, 0.0)
            width = above[:, column] - below[:, column]
            gradient[:, column] = (self.value(above) - self.value(below)) / width
        return self.value(X), gradient


class PerCost:
    r"""A worth divided by a power of the cost, in logarithms.

    .. math:: \log \alpha(x) - \gamma \log c(x)

    With `gamma = 1` it is the worth per unit of cost, which prefers cheap points; with `gamma = 0` the cost
    is of no matter. Cooling goes from the one to the other as the budget is spent.

    Args:
        worth: the logarithm of a worth.
        log_cost: the logarithm of the cost.
        exponent: `gamma`.

    Sources: Snoek et al. (2012) for `gamma = 1`; Lee, Perrone, Archambeau and Seeger, "Cost-aware Bayesian
    optimization", arXiv:2003.10870 (2020), section 4, for cooling.
    """

    def __init__(self, worth: Acquisition, log_cost: LogCost, exponent: float = 1.0) -> None:
        self.worth, self.log_cost, self.exponent = worth, log_cost, float(exponent)
        self.lengthscales: np.ndarray | None = getattr(worth, "lengthscales", None)

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        return self.worth.value(X) - self.exponent * self.log_cost.value(X)

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`)."""
        worth, worth_slope = self.worth.value_gradient(X)
        cost, cost_slope = self.log_cost.value_gradient(X)
        return worth - self.exponent * cost, worth_slope - self.exponent * cost_slope


def per_cost(
    name: str = "log-ei",
    *,
    cost: Callable[[dict[str, Any]], float] | None = None,
    budget: float | None = None,
) -> Callable[[Situation], Acquisition]:
    """An acquisition per unit of cost, to be given as `acquisition=`.

    Args:
        name: the acquisition: one of `LOGARITHMS`.
        cost: what an evaluation costs, a function of its parameters as one dict; None to learn it from the
            costs told with results.
        budget: the cost that may be spent in all: the exponent of the cost falls from 1 at the beginning to 0
            when it is spent (cooling). None for 1 throughout.

    Raises:
        InvalidInputError: an acquisition that is not the logarithm of a worth, or a budget that is not
            positive.
    """
    if name not in LOGARITHMS:
        raise InvalidInputError(
            f"{name!r} cannot be divided by a cost; choose one of {', '.join(map(repr, LOGARITHMS))}"
        )
    if budget is not None and not budget > 0:
        raise InvalidInputError(f"budget={budget!r} must be a positive cost")
    return partial(_build, name, cost, budget)


def _build(
    name: str, cost: Callable[[dict[str, Any]], float] | None, budget: float | None, situation: Situation
) -> Acquisition:
    learnt = situation.cost
    log_cost: Any = learnt
    if cost is not None:
        if situation.space is None:
            raise InvalidInputError("a known cost is of parameters; give Situation(space=...)")
        log_cost = KnownCost(cost, situation.space)
    elif learnt is None:
        raise NotSupportedError("there are no costs to divide by; give Situation(cost=...) or cost=...")
    exponent = 1.0
    if budget is not None:
        spent = 0.0 if learnt is None else float(learnt.cost.sum())
        exponent = min(1.0, max(0.0, 1.0 - spent / budget))
    worth: Acquisition = ACQUISITIONS.load(name)(situation)
    return PerCost(worth, log_cost, exponent)


log_ei_per_cost = per_cost("log-ei")
log_nei_per_cost = per_cost("log-nei")
risk_neutral_nei_per_cost = per_cost("risk-neutral-nei")
knowledge_gradient_per_cost = per_cost("knowledge-gradient")
max_value_entropy_per_cost = per_cost("max-value-entropy")
