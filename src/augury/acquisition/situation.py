"""What is known when a point is to be chosen, and the acquisition functions built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch

from augury.acquisition.analytic import LogExpectedImprovement, UpperConfidenceBound
from augury.acquisition.autograd import TorchAcquisition
from augury.acquisition.base import Acquisition
from augury.acquisition.circumstances import Circumstances, as_tensor
from augury.acquisition.mixture import over_members
from augury.acquisition.moments import has_closed_form
from augury.acquisition.noisy import (
    NUM_FANTASIES,
    LogNoisyExpectedImprovement,
    log_noisy_expected_improvement,
)
from augury.space.space import Space

_BETA = 4.0  # two standard deviations
_MC_SAMPLES = 128


@dataclass(frozen=True)
class Situation(Circumstances):
    """One objective, its surrogate and the experiments so far.

    Args:
        model: fitted BoTorch model of the objective's outcome.
        observed: `n x d` encoded points whose outcome was measured and that kept the outcome constraints.
        values: `n` measured outcomes there.
        maximize: whether larger outcomes are better.
        space: where the point is looked for; needed by what asks for the optimum over the whole space.
        cost: the logarithm of an evaluation's cost (`augury.acquisition.cost.LearntCost`), or None; needed by
            what is divided by it.
    """

    model: Any
    observed: np.ndarray
    values: np.ndarray
    maximize: bool = True
    space: Space | None = None
    cost: Any = None

    @property
    def best_f(self) -> float:
        """The best measured outcome."""
        return float(self.values.max() if self.maximize else self.values.min())


def log_ei(situation: Situation) -> Acquisition:
    """Log expected improvement over the best measured outcome, fantasies of pending points integrated out.

    In closed form where the posterior has one (`has_closed_form`, or a `log_expected_improvement` of the
    model's own while nothing is pending), otherwise BoTorch's `qLogExpectedImprovement`; of a mixture of
    surrogates, that of each.
    """
    return situation.constrained(over_members(situation.model, partial(_log_ei, situation)))


def _log_ei(situation: Situation, model: Any) -> Acquisition:
    if not has_closed_form(model):
        if situation.running is None and hasattr(model, "log_expected_improvement"):
            return _own_ei(replace(situation, model=model))
        return _monte_carlo_ei(replace(situation, model=model))
    if situation.running is None:
        return LogExpectedImprovement(model, situation.best_f, situation.maximize)
    return LogNoisyExpectedImprovement(
        model,
        None,
        situation.running,
        best_f=situation.best_f,
        maximize=situation.maximize,
        seed=situation.seed,
        pending_feasible=situation.pending_feasible(NUM_FANTASIES),
    )


def log_nei(situation: Situation) -> Acquisition:
    """Log noisy expected improvement over what the observed and pending points may be worth.

    In closed form given fantasies where the posterior has one (`has_closed_form`), otherwise BoTorch's
    `qLogNoisyExpectedImprovement`; of a mixture of surrogates, that of each.
    """
    return situation.constrained(over_members(situation.model, partial(_log_nei, situation)))


def _log_nei(situation: Situation, model: Any) -> Acquisition:
    if not has_closed_form(model):
        return _monte_carlo_nei(replace(situation, model=model))
    return log_noisy_expected_improvement(
        model,
        situation.observed,
        pending=situation.running,
        maximize=situation.maximize,
        seed=situation.seed,
        pending_feasible=situation.pending_feasible(NUM_FANTASIES),
    )


def ucb(situation: Situation) -> Acquisition:
    """The upper confidence bound at two standard deviations.

    In closed form where the posterior has one (`has_closed_form`), otherwise BoTorch's
    `qUpperConfidenceBound`.
    """
    scale = float(situation.values.std()) or 1.0
    if not has_closed_form(situation.model):
        return situation.constrained(_monte_carlo_ucb(situation), scale)
    bound = UpperConfidenceBound(situation.model, _BETA, situation.maximize, pending=situation.running)
    return situation.constrained(bound, scale)


def _own_ei(situation: Situation) -> TorchAcquisition:
    def value(X: torch.Tensor) -> torch.Tensor:
        improvement: torch.Tensor = situation.model.log_expected_improvement(
            X.squeeze(-2), situation.best_f, situation.maximize
        )
        return improvement

    return TorchAcquisition(value)


def _monte_carlo_ei(situation: Situation) -> TorchAcquisition:
    from botorch.acquisition.logei import qLogExpectedImprovement

    sign = 1.0 if situation.maximize else -1.0
    return TorchAcquisition(
        qLogExpectedImprovement(
            situation.model,
            best_f=sign * situation.best_f,
            X_pending=as_tensor(situation.running),
            **_sampling(situation),
        )
    )


def _monte_carlo_nei(situation: Situation) -> TorchAcquisition:
    from botorch.acquisition.logei import qLogNoisyExpectedImprovement
    from botorch.acquisition.utils import prune_inferior_points

    sampling = _sampling(situation)
    observed = torch.from_numpy(np.ascontiguousarray(situation.observed))
    # pruned here, because inside the acquisition it would draw from the global random state
    baseline = prune_inferior_points(situation.model, observed, **sampling)
    return TorchAcquisition(
        qLogNoisyExpectedImprovement(
            situation.model,
            X_baseline=baseline,
            X_pending=as_tensor(situation.running),
            prune_baseline=False,
            cache_root=False,
            **_sampling(situation),
        )
    )


def _monte_carlo_ucb(situation: Situation) -> TorchAcquisition:
    from botorch.acquisition.monte_carlo import qUpperConfidenceBound

    return TorchAcquisition(
        qUpperConfidenceBound(
            situation.model, beta=_BETA, X_pending=as_tensor(situation.running), **_sampling(situation)
        )
    )


def _sampling(situation: Situation) -> dict[str, Any]:
    """A seeded sampler of the model's posterior, and the direction of the objective."""
    from botorch.acquisition.objective import GenericMCObjective
    from botorch.sampling.get_sampler import get_sampler

    with torch.no_grad():
        posterior = situation.model.posterior(as_tensor(situation.observed[:1]))
    sign = 1.0 if situation.maximize else -1.0

    def objective(Y: torch.Tensor, X: torch.Tensor | None = None) -> torch.Tensor:
        return sign * Y[..., 0]

    return {
        "sampler": get_sampler(posterior, torch.Size([_MC_SAMPLES]), seed=situation.seed),
        "objective": GenericMCObjective(objective),
    }
