"""Several objectives: what is known when a point is to be chosen, and the acquisition functions for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from augury.acquisition.autograd import TorchAcquisition
from augury.acquisition.base import Acquisition
from augury.acquisition.circumstances import Circumstances, as_tensor
from augury.acquisition.hypervolume import (
    NUM_FANTASIES,
    LogNoisyExpectedHypervolumeImprovement,
    plausible_front,
)
from augury.acquisition.moments import is_gaussian
from augury.acquisition.situation import Situation, log_ei, log_nei
from augury.space.pareto import non_dominated

_MC_SAMPLES = 64
#: How much the sum of the objectives counts beside the worst one, in a scalarisation.
_AUGMENTATION = 0.05


@dataclass(frozen=True)
class MultiObjectiveSituation(Circumstances):
    """Several objectives, a surrogate of each, and the experiments so far.

    Args:
        models: k fitted BoTorch models, one for each objective's outcome.
        observed: `n x d` encoded points whose objectives were measured and that kept the outcome constraints.
        values: `n x k` measured objectives there, to be maximised.
        signs: `k`, +1 where the outcome is maximised, -1 where it is minimised.
        noisy: whether the measured values may well not be the true ones.
        reference: `k`, the reference point of the hypervolume.
        fit: `(X: n x d, y: n) -> Model`, a surrogate of any further outcome of the same kind.
    """

    models: Sequence[Any]
    observed: np.ndarray
    values: np.ndarray
    signs: np.ndarray
    noisy: bool
    reference: np.ndarray
    fit: Callable[[np.ndarray, np.ndarray], Any]

    @property
    def is_gaussian(self) -> bool:
        """Whether all posteriors are Gaussian, so that closed forms hold."""
        return all(is_gaussian(model) for model in self.models)


def log_ehvi(situation: MultiObjectiveSituation) -> Acquisition:
    """Log expected hypervolume improvement over the measured front, pending points integrated out.

    In closed form where the posteriors are Gaussian, otherwise as `log_nehvi`.
    """
    if not situation.is_gaussian:
        return log_nehvi(situation)
    return _closed_form(situation, front=situation.values)


def log_nehvi(situation: MultiObjectiveSituation) -> Acquisition:
    """Log expected hypervolume improvement over what the observed and pending points may be worth.

    In closed form given fantasies where the posteriors are Gaussian, otherwise BoTorch's
    `qLogNoisyExpectedHypervolumeImprovement`.
    """
    if not situation.is_gaussian:
        return situation.constrained(_monte_carlo_nehvi(situation))
    baseline = plausible_front(situation.models, situation.signs, situation.observed, seed=situation.seed)
    return _closed_form(situation, baseline=baseline)


def parego(situation: MultiObjectiveSituation) -> Acquisition:
    r"""Log expected improvement of a random scalarisation, another one for each point of a batch.

    .. math::
        s_\lambda(y) = \min_j \lambda_j \tilde y_j + 0.05 \sum_j \lambda_j \tilde y_j, \qquad
        \lambda \sim \text{Dirichlet}(1, \ldots, 1)

    of objectives `y~` scaled to [-1, 0] over the measured values. The cost does not grow with the number of
    objectives as a hypervolume's does.

    Source: Knowles, "ParEGO: a hybrid algorithm with on-line landscape approximation for expensive
    multiobjective optimization problems", IEEE Trans. Evolutionary Computation 10 (2006), eq. 2.
    """
    running = 0 if situation.running is None else len(situation.running)
    weights = np.random.default_rng([situation.seed, running]).dirichlet(np.ones(situation.values.shape[1]))
    highest, spread = situation.values.max(axis=0), np.ptp(situation.values, axis=0)
    weighted = weights * (situation.values - highest) / np.where(spread > 0.0, spread, 1.0)
    scalars = weighted.min(axis=1) + _AUGMENTATION * weighted.sum(axis=1)
    single = Situation(
        model=situation.fit(situation.observed, scalars),
        observed=situation.observed,
        values=scalars,
        pending=situation.pending,
        constraints=situation.constraints,
        seed=situation.seed,
    )
    return log_nei(single) if situation.noisy else log_ei(single)


def _closed_form(
    situation: MultiObjectiveSituation, *, front: np.ndarray | None = None, baseline: np.ndarray | None = None
) -> Acquisition:
    return situation.constrained(
        LogNoisyExpectedHypervolumeImprovement(
            situation.models,
            situation.signs,
            situation.reference,
            pending=situation.running,
            seed=situation.seed,
            pending_feasible=situation.pending_feasible(NUM_FANTASIES),
            front=front,
            baseline=baseline,
        )
    )


def _monte_carlo_nehvi(situation: MultiObjectiveSituation) -> TorchAcquisition:
    from botorch.acquisition.multi_objective import logei
    from botorch.acquisition.multi_objective.objective import WeightedMCMultiOutputObjective
    from botorch.models.model import ModelList
    from botorch.sampling.get_sampler import get_sampler

    # Without this, BoTorch compiles a C++ kernel when first used: most of a minute, and behind a lock file
    # that a process killed meanwhile leaves behind, for which every later one waits for ever.
    logei._load_attempted = True
    model = ModelList(*situation.models)
    observed = torch.from_numpy(np.unique(situation.observed, axis=0))
    objective = WeightedMCMultiOutputObjective(torch.from_numpy(situation.signs))
    with torch.no_grad():
        posterior: Any = model.posterior(observed)
        sampler = get_sampler(posterior, torch.Size([_MC_SAMPLES]), seed=situation.seed)
        draws = objective(sampler(posterior)).numpy()
    # pruned here, because inside the acquisition it would draw from the global random state
    members = np.any([non_dominated(draw) for draw in draws], axis=0)
    return TorchAcquisition(
        logei.qLogNoisyExpectedHypervolumeImprovement(
            model,
            ref_point=situation.reference.tolist(),
            X_baseline=observed[torch.from_numpy(members)],
            X_pending=as_tensor(situation.running),
            sampler=sampler,
            objective=objective,
            prune_baseline=False,
            cache_root=False,
        )
    )
