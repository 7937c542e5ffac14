"""The learned Pareto set as an answer to preferences: a design for any of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from augury.errors import InvalidInputError, NotSupportedError
from augury.numerics.threads import blas_threads
from augury.space.pareto import non_dominated
from augury.space.sampling import sobol
from augury.strategies.decision import Decision
from augury.strategies.pareto_set_learning.extremes import best_alone, best_for
from augury.strategies.pareto_set_learning.learning import LearnedSet, standard_bounds
from augury.strategies.pareto_set_learning.strategy import check_is_box
from augury.strategies.pareto_set_learning.training import Training, sample_preferences

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space
    from augury.strategies.base import Prediction
    from augury.strategies.outcome_models import ModelChoice

_PREFERENCES = 1000  # whose designs the set holds
_SEARCHED_PER_OBJECTIVE = 6  # preferences searched one by one, where no network can learn the set
_SAMPLES = 2000
_BELOW_LEAST = 0.01  # how far the ideal point is beyond the least bounds, in standard deviations
#: Smaller and faster than for decisions: the set's designs are compared, and the best of them is the answer.
_TRAINING = Training(steps=400, hidden=(64, 64), learning_rate=3e-3)
_SUM = 0.05  # what the weighted sum counts beside the largest excess: of equals, the better in the rest
_LOG_HALF = float(np.log(0.5))


@dataclass(frozen=True)
class ParetoSet:
    """Designs that together hold a good one for every preference, and what the surrogates expect of them.

    Args:
        decision: fitted models.
        X: N x d designs.
        values: N x k predicted objectives, to be minimised.
        learned: the network, for the designs of preferences that were not asked for yet; None where the space
            has none.
    """

    decision: Decision
    X: np.ndarray
    values: np.ndarray
    learned: LearnedSet | None

    @classmethod
    def fit(
        cls,
        model: ModelChoice,
        space: Space,
        goals: Goals,
        observations: Observations,
        *,
        training: Training | None = None,
        seed: int = 0,
    ) -> ParetoSet | None:
        """Learn the set from whatever has been evaluated.

        In a box of numbers a network is trained (`LearnedSet`, on the means of the surrogates); elsewhere the
        set is spread over the space, and the scalarised means are searched for a few preferences. The
        evaluated designs are in the set as well. Designs that probably break a constraint are left out.

        Args:
            model: the surrogate, as `BayesianOptimization` takes it.
            space: where designs live.
            goals: several objectives, and any constraints.
            observations: what was evaluated, by any strategy.
            training: of the network.
            seed: of the fit and the network.

        Returns:
            None while no result has all objectives and keeps the constraints.

        Raises:
            NotSupportedError: one objective, or a parameter that is not a choice of the design.
        """
        _check_several(goals)
        _check_choices(space)
        rows = goals.competing(observations.Y, observations.complete)
        if not rows.any():
            return None
        with blas_threads(observations.n):
            decision = Decision.fit(model, "auto", space, goals, observations, seed=seed, warm={})
            learned, X = None, observations.X[rows]
            try:
                check_is_box(space)
            except NotSupportedError:
                X = np.concatenate([X, _searched(decision, rows, seed)])
            else:
                learned = LearnedSet.learn(decision, training or _TRAINING, lcb=0.0, seed=seed)
                X = np.concatenate([X, learned.candidates(_PREFERENCES, seed), learned.corners])
            X = np.unique(X, axis=0)
            X = X[_probably_allowed(decision, X)]
            return cls(decision, X, _expected(decision, X), learned)

    def spread(self, n: int = 150) -> tuple[np.ndarray, np.ndarray]:
        """The designs (`N x d`, N <= n) of an even choice of preferences, and their scaled objectives.

        Args:
            n: number of preferences.
        """
        k = self.values.shape[1]
        scaled = (self.values - self.ideal) / self.width
        rng = np.random.default_rng(0)
        share = np.linspace(0.0, 1.0, n)[:, None]
        weights = np.concatenate([share, 1.0 - share], axis=1) if k == 2 else rng.dirichlet(np.ones(k), n - k)
        weights = np.concatenate([np.eye(k), weights])
        costs = [_cost(one * scaled).argmin() for one in weights]
        rows = np.unique(costs)
        return self.X[rows], scaled[rows]

    def explain(self, X: np.ndarray) -> list[Prediction]:
        """What the surrogates expect of designs (`N x d`)."""
        return self.decision.explain(X)

    @property
    def ideal(self) -> np.ndarray:
        """`k`, the best expected value of each objective, to be minimised."""
        best: np.ndarray = self.values.min(axis=0)
        return best

    @property
    def width(self) -> np.ndarray:
        """`k`, the range of each objective over the designs that no other is expected to dominate."""
        spread = np.ptp(self.values[non_dominated(-self.values)], axis=0)
        return np.where(spread > 0.0, spread, 1.0)

    def at(self, preference: np.ndarray) -> tuple[np.ndarray, Prediction]:
        r"""The design (`d`) of a preference, and what is expected of it.

        The one of the least

        .. math::
            \max_j \lambda_j \tilde y_j + 0.05 \sum_j \lambda_j \tilde y_j

        of the expected objectives, scaled to [0, 1] over the front, among those of the set and the network's
        own design for the preference.

        Args:
            preference: `k` weights, not negative, not all 0; only their ratios count.
        """
        weights = np.asarray(preference, dtype=np.float64)
        weights = weights / weights.sum()
        X, values = self.X, self.values
        if self.learned is not None:
            own = self.learned.designs(weights[None] + 1e-4)
            if _probably_allowed(self.decision, own).all():
                X = np.concatenate([X, own])
                values = np.concatenate([values, _expected(self.decision, own)])
        scaled = weights * (values - self.ideal) / self.width
        best = X[int(_cost(scaled).argmin())]
        return best, self.decision.explain(best[None])[0]


def parse_weights(goals: Goals, given: Any) -> np.ndarray:
    """The weights (`k`) of the objectives, from a mapping outcome -> weight or a sequence in their order.

    Raises:
        InvalidInputError: an objective is missing or unknown, or weights that are negative, not finite or
            all 0.
        NotSupportedError: one objective.
    """
    _check_several(goals)
    names = [goal.name for goal in goals.objectives]
    listed = ", ".join(map(repr, names))
    if isinstance(given, Mapping):
        unknown = [name for name in given if name not in names]
        missing = [name for name in names if name not in given]
        if unknown or missing:
            what = f"unknown {unknown[0]!r}" if unknown else f"none for {missing[0]!r}"
            raise InvalidInputError(f"the weights have {what}; give one for each objective: {listed}")
        given = [given[name] for name in names]
    try:
        weights = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        weights = np.empty(0)
    if weights.shape != (len(names),):
        raise InvalidInputError(
            f"{given!r} are not weights; give a mapping or a list, one number for each objective: {listed}"
        )
    if not np.isfinite(weights).all() or (weights < 0.0).any() or weights.sum() == 0.0:
        raise InvalidInputError(f"the weights {weights.tolist()} must be finite, not negative and not all 0")
    return weights


def _check_several(goals: Goals) -> None:
    if goals.n_objectives == 1:
        raise NotSupportedError(
            "one objective leaves nothing to trade off; the best design is Study.best or Study.recommend()"
        )


def _cost(weighted: np.ndarray) -> np.ndarray:
    """What each design (row of weighted scaled objectives) costs a preference."""
    cost: np.ndarray = weighted.max(axis=1) + _SUM * weighted.sum(axis=1)
    return cost


def _check_choices(space: Space) -> None:
    for name, parameter in space.parameters.items():
        if parameter.role != "design":
            raise NotSupportedError(
                f"parameter {name!r} has the role {parameter.role!r}: trade-offs are between designs, whose "
                "parameters are all choices; see Study.pareto_front()"
            )


def _expected(decision: Decision, X: np.ndarray) -> np.ndarray:
    """`N x k` predicted means of the objectives, to be minimised."""
    columns = decision.goals.objective_columns
    means = np.stack([decision.models.mean(column, X) for column in columns], axis=1)
    negative: np.ndarray = -decision.goals.objective_signs * means
    return negative


def _probably_allowed(decision: Decision, X: np.ndarray) -> np.ndarray:
    """Whether each point keeps every constraint with a probability of at least a half; all, if none does."""
    allowed = np.ones(len(X), dtype=bool)
    for chance in decision.chances():
        allowed &= chance.value(X) >= _LOG_HALF
    return allowed if allowed.any() else np.ones(len(X), dtype=bool)


def _searched(decision: Decision, rows: np.ndarray, seed: int) -> np.ndarray:
    """Points (N x d) spread over the space, and the best for single objectives and some preferences."""
    space, goals, X = decision.space, decision.goals, decision.observations.X[rows]
    values = -goals.objective_values(decision.observations.Y)[rows]
    bounds, _, _ = standard_bounds(decision, values, lcb=0.0)
    k = values.shape[1]
    corners, least = best_alone(bounds, space, k, X, seed)
    preferences = sample_preferences(np.random.default_rng(seed), _SEARCHED_PER_OBJECTIVE * k, k)
    found = best_for(bounds, space, preferences, least - _BELOW_LEAST, X, seed + k)
    spread = sobol(space, _SAMPLES, seed=seed) if space.candidates is None else space.candidates
    return np.concatenate([corners, found, spread])
