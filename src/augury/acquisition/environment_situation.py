"""What is known when a design is to be evaluated in an environment, and the acquisition functions for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from augury.acquisition.analytic import LogExpectedImprovement
from augury.acquisition.base import Acquisition
from augury.acquisition.environmental import EnvironmentalKnowledgeGradient
from augury.acquisition.fantasies import plausible_best
from augury.acquisition.risk import LogRiskExpectedImprovement, RiskPosterior
from augury.acquisition.situation import Situation
from augury.acquisition.textbook import best_and_around, candidates_for_optimum
from augury.errors import NotSupportedError
from augury.models.environment.integrated import IntegratedProcess
from augury.models.environment.process import EnvironmentProcess
from augury.space.environment import Environment
from augury.space.space import Space

#: Environments that stand for a continuous one.
_NODES = 32
#: Finite environments are all taken up to so many.
_MOST_NODES = 64
_DRAWS, _MOST = 64, 192


@dataclass(frozen=True, eq=False)
class EnvironmentSituation:
    """One objective in a random environment, its surrogate and the experiments so far.

    Args:
        model: fitted BoTorch model of the outcome, of all columns; pending experiments have been told to it.
        designs: the space with the environment held at its centre.
        environment: the random columns.
        observed: `n x d` evaluated points, and those being evaluated.
        maximize: whether larger outcomes are better.
        risk: what is made of the distribution of outcomes (`augury.space.risk`).
        level: of the risk.
        seed: of all random numbers.
    """

    model: Any
    designs: Space
    environment: Environment
    observed: np.ndarray
    maximize: bool = True
    risk: str = "mean"
    level: float | None = None
    seed: int = 0

    @property
    def has_closed_form(self) -> bool:
        """Whether the mean over the environment is asked for, and the model has it in closed form."""
        return self.risk == "mean" and isinstance(self.model, EnvironmentProcess)

    @cached_property
    def integrated(self) -> IntegratedProcess:
        """The process of the mean over the environment.

        Raises:
            NotSupportedError: another risk, or another model.
        """
        if not self.has_closed_form:
            raise NotSupportedError(
                f"risk={self.risk!r} with {type(self.model).__name__} has no closed form; use "
                "acquisition='risk-ei' (closed forms are for the mean, and model='auto')"
            )
        return IntegratedProcess(self.model)

    @cached_property
    def risks(self) -> RiskPosterior:
        """The risk by draws from the model's posterior."""
        finite = self.environment.is_finite
        nodes, weights = self.environment.nodes(_MOST_NODES if finite else _NODES, seed=self.seed)
        return RiskPosterior(
            model=self.model,
            columns=self.environment.columns,
            nodes=nodes,
            weights=weights,
            risk=self.risk,
            level=self.level,
            sign=1.0 if self.maximize else -1.0,
            seed=self.seed,
        )

    @cached_property
    def evaluated(self) -> np.ndarray:
        """`m x d` distinct designs evaluated, in the central environment."""
        points = self.observed.copy()
        points[:, self.environment.columns] = self.environment.centre()
        return np.unique(points, axis=0)

    def expected(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (`N` each) of the risk of designs (`N x d`), in the outcome's units."""
        if self.has_closed_form:
            mean, variance, _ = self.integrated.cross_posterior()(np.ascontiguousarray(X))
            return mean, np.sqrt(variance)
        mean, std = self.risks.mean_std(X)
        return self.risks.sign * mean, std


def environmental_knowledge_gradient(situation: EnvironmentSituation) -> Acquisition:
    """The knowledge gradient of design and environment jointly, for the best mean over environments.

    Designs that may be returned are chosen as for `augury.acquisition.textbook.knowledge_gradient`.
    """
    beside = _integrated_situation(situation)
    candidates = candidates_for_optimum(beside)
    likely = plausible_best(
        situation.integrated,
        candidates,
        maximize=situation.maximize,
        count=_DRAWS,
        seed=situation.seed,
        most=_MOST,
    )
    choices = np.concatenate([situation.evaluated, likely, best_and_around(beside, likely)])
    return EnvironmentalKnowledgeGradient(
        situation.model, np.unique(choices, axis=0), maximize=situation.maximize
    )


def integrated_expected_improvement(situation: EnvironmentSituation) -> Acquisition:
    """Log expected improvement of the mean over environments over that of the best evaluated design.

    The environment is chosen afterwards, so that its result says most about the mean there.
    """
    mean = situation.expected(situation.evaluated)[0]
    best = mean.max() if situation.maximize else mean.min()
    return LogExpectedImprovement(situation.integrated, float(best), situation.maximize)


def risk_expected_improvement(situation: EnvironmentSituation) -> Acquisition:
    """Log expected improvement of the risk over that of the best evaluated design, by draws.

    The environment is chosen afterwards, so that its result says most about the risk there.
    """
    best = situation.risks.mean_std(situation.evaluated)[0].max()
    return LogRiskExpectedImprovement(situation.risks, float(best))


def _integrated_situation(situation: EnvironmentSituation) -> Situation:
    """The ordinary situation of the mean over the environment, as if it had been observed at the designs."""
    return Situation(
        model=situation.integrated,
        observed=situation.evaluated,
        values=situation.expected(situation.evaluated)[0],
        maximize=situation.maximize,
        space=situation.designs,
        seed=situation.seed,
    )
