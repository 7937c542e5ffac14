"""The decision in a random environment: from fitted models to the next designs and their environments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from augury.acquisition.constrained import ConstrainedAcquisition, LogProbabilityOfSuccess
from augury.acquisition.enumeration import is_among
from augury.acquisition.environment_situation import EnvironmentSituation
from augury.acquisition.knowledge_gradient import noise_variance_of
from augury.acquisition.registry import ENVIRONMENT_ACQUISITIONS
from augury.acquisition.risk import most_informative
from augury.acquisition.search import maximize
from augury.models.build import build_model, fit_model, starts_warm
from augury.models.environment.process import EnvironmentProcess
from augury.models.feasibility import FeasibilityModel
from augury.space.environment import Environment
from augury.space.sampling import sobol
from augury.strategies.base import Prediction
from augury.strategies.design import draw_new, first_occurrence, without_repeats
from augury.strategies.explanation import reason
from augury.strategies.success import success_model

if TYPE_CHECKING:
    from augury.acquisition.base import Acquisition
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space
    from augury.strategies.outcome_models import ModelChoice

_INCUMBENTS = 5


@dataclass(frozen=True, eq=False)
class EnvironmentDecision:
    """What the model of one moment says about where to evaluate next, and in which environment.

    Args:
        space: where to look.
        goals: one objective.
        observations: what the model was fitted to.
        situation: the model and what is known.
        success: the chance that an evaluation succeeds, or None when nothing is known about it.
        acquisition: "auto", a name in `ENVIRONMENT_ACQUISITIONS`, or a callable like those there.
    """

    space: Space
    goals: Goals
    observations: Observations
    situation: EnvironmentSituation
    success: FeasibilityModel | None
    acquisition: str | Callable[[EnvironmentSituation], Acquisition]

    @classmethod
    def fit(
        cls,
        model: ModelChoice,
        acquisition: str | Callable[[EnvironmentSituation], Acquisition],
        space: Space,
        goals: Goals,
        observations: Observations,
        *,
        seed: int,
        warm: Mapping[str, torch.Tensor],
    ) -> EnvironmentDecision:
        """Fit the model to the measured rows.

        Args:
            model: the surrogate of all columns; "auto" is `EnvironmentProcess`.
            acquisition: see the class.
            space: where the points live; has an environment.
            goals: one objective.
            observations: of which one at least is measured.
            seed: of the fit, the search and the draws.
            warm: hyperparameters of an earlier fit, or empty.
        """
        environment = Environment.of(space)
        assert environment is not None
        measured = observations.complete & np.isfinite(observations.Y[:, 0])
        X, Y, Yvar = (part[measured] for part in (observations.X, observations.Y, observations.Yvar))
        tensors = torch.from_numpy(X), torch.from_numpy(Y[:, :1].copy())
        noise = torch.from_numpy(Yvar[:, :1].copy()) if np.isfinite(Yvar[:, 0]).all() else None
        if model == "auto":
            built: Any = EnvironmentProcess(
                *tensors,
                noise,
                environment=dict(zip(environment.columns, environment.measures, strict=True)),
                categorical_features=space.categorical_features,
                descriptors=space.descriptors,
            )
        else:
            built = build_model(model, *tensors, noise, space)
        goal = goals.objectives[0]
        situation = EnvironmentSituation(
            model=fit_model(built, warm, seed),
            designs=central(space, environment),
            environment=environment,
            observed=X,
            maximize=bool(goals.objective_signs[0] > 0),
            risk=goal.risk or "mean",
            level=goal.level,
            seed=seed,
        )
        success = success_model(space, observations)
        return cls(space, goals, observations, situation, success, acquisition)

    def choose(self, n: int, pending: np.ndarray) -> np.ndarray:
        """Up to n points (n x d), one after the other, each beside those before it.

        Args:
            n: how many.
            pending: p x d points under evaluation.
        """
        points = np.empty((0, self.space.dim))
        for index in range(n):
            busy = np.concatenate([pending, points])
            situation = replace(_told(self.situation, busy), seed=self.situation.seed + index)
            points = np.concatenate([points, self._next(situation, busy)[None]])
        known = np.concatenate([self.observations.X, pending])
        if self.space.size is None:
            return without_repeats(self.space, points, known, seed=self.situation.seed)
        fresh = points[first_occurrence(points) & ~is_among(points, known)]
        if len(fresh):
            return fresh
        return draw_new(sobol, self.space, n, seed=self.situation.seed, seen=known)

    def _next(self, situation: EnvironmentSituation, busy: np.ndarray) -> np.ndarray:
        name = self.acquisition
        if name == "auto":
            name = "environmental-kg" if situation.has_closed_form else "risk-ei"
        build = ENVIRONMENT_ACQUISITIONS.load(name) if isinstance(name, str) else name
        acquisition = build(situation)
        joint = getattr(acquisition, "joint", False)
        if self.success is not None:
            acquisition = ConstrainedAcquisition(acquisition, [LogProbabilityOfSuccess(self.success)])
        known = np.concatenate([self.observations.X, busy])
        if joint:
            incumbents = self._incumbents(situation)
            return maximize(
                acquisition, self.space, incumbents=incumbents, avoid=known, seed=situation.seed
            ).x
        design = maximize(
            acquisition,
            situation.designs,
            incumbents=self._best_designs(situation),
            avoid=self._settled(situation, known),
            seed=situation.seed,
        ).x
        return self._in_environment(situation, design, known)

    def _settled(self, situation: EnvironmentSituation, known: np.ndarray) -> np.ndarray | None:
        """In a finite space, the designs known in all their environments."""
        if self.space.size is None:
            return None
        nodes, columns = situation.risks.nodes, situation.environment.columns
        points = np.repeat(situation.evaluated[:, None], len(nodes), axis=1)
        points[..., columns] = nodes
        among = is_among(points.reshape(-1, self.space.dim), known).reshape(points.shape[:2])
        return situation.evaluated[among.all(axis=1)]

    def _in_environment(
        self, situation: EnvironmentSituation, design: np.ndarray, known: np.ndarray
    ) -> np.ndarray:
        """The design in the environment that says most about its risk; in finite spaces, a new one."""
        risks, columns = situation.risks, situation.environment.columns
        points = np.repeat(design[None], len(risks.nodes), axis=0)
        points[:, columns] = risks.nodes
        candidates = self.space.snap(points)
        if self.space.size is not None and not is_among(candidates, known).all():
            candidates = candidates[~is_among(candidates, known)]
        noise = noise_variance_of(situation.model, points)
        chosen: np.ndarray = candidates[
            most_informative(situation.model, points, risks.tail(design), candidates, noise)
        ]
        return chosen

    def _best_designs(self, situation: EnvironmentSituation) -> np.ndarray:
        mean = self.goals.objective_signs[0] * situation.expected(situation.evaluated)[0]
        return situation.evaluated[np.argsort(-mean, kind="stable")[:_INCUMBENTS]]

    def _incumbents(self, situation: EnvironmentSituation) -> np.ndarray:
        """The best designs, in environments drawn at random."""
        designs = self._best_designs(situation)
        environment = situation.environment
        units = np.random.default_rng([situation.seed, 5]).random((len(designs), len(environment.columns)))
        for index, (column, measure) in enumerate(
            zip(environment.columns, environment.measures, strict=True)
        ):
            designs[:, column] = measure.quantile(units[:, index])
        return self.space.snap(designs)

    def explain(self, X: np.ndarray) -> list[Prediction]:
        """The predictions of the outcome at chosen points (n x d), and why their designs were chosen."""
        if not len(X):
            return []
        name, sign = self.goals.outcomes[0], self.goals.objective_signs[0]
        with torch.no_grad():
            posterior = self.situation.model.posterior(torch.from_numpy(X).unsqueeze(-2))
            mean, std = posterior.mean.reshape(-1), posterior.variance.clamp_min(0.0).sqrt().reshape(-1)
        best = sign * self.situation.expected(self.situation.evaluated)[0]
        expected, spread = self.situation.expected(X)
        return [
            Prediction(
                mean={name: float(mean[i])},
                std={name: float(std[i])},
                reason=reason(
                    sign * expected[i : i + 1], spread[i : i + 1], best.max(keepdims=True)[:, None]
                ),
            )
            for i in range(len(X))
        ]

    def hyperparameters(self) -> dict[str, torch.Tensor]:
        """What `fit` takes as `warm` next time."""
        model = self.situation.model
        return (
            {name: one.detach() for name, one in model.hyperparameters().items()}
            if starts_warm(model)
            else {}
        )


def central(space: Space, environment: Environment) -> Space:
    """The space with the environment held at its centre: a space of designs."""
    point = space.snap(space.bounds.mean(axis=0, keepdims=True))
    point[:, environment.columns] = environment.centre()
    params = space.decode(point)[0]
    return space.restrict({name: params[name] for name in environment.names})


def _told(situation: EnvironmentSituation, busy: np.ndarray) -> EnvironmentSituation:
    """The situation once the points under evaluation have come out as expected."""
    if not len(busy) or "condition" not in getattr(situation.model, "capabilities", ()):
        return situation
    points = torch.from_numpy(busy)
    with torch.no_grad():
        expected = situation.model.posterior(points).mean
        model = situation.model.condition_on_observations(points, expected)
    return replace(situation, model=model, observed=np.concatenate([situation.observed, busy]))
