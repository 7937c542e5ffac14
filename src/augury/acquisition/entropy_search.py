"""Predictive and joint entropy search: BoTorch's, over optima drawn from our surrogates."""

from __future__ import annotations

import numpy as np
import torch

from augury.acquisition.autograd import TorchAcquisition
from augury.acquisition.base import Acquisition
from augury.acquisition.circumstances import as_tensor
from augury.acquisition.fantasies import FantasizedMoments
from augury.acquisition.moments import is_gaussian
from augury.acquisition.situation import Situation
from augury.acquisition.textbook import candidates_for_optimum
from augury.errors import NotSupportedError

#: Draws of the optimum.
NUM_OPTIMA = 16
_FAILED = -1e6


def joint_entropy_search(situation: Situation) -> Acquisition:
    """What an observation tells about the optimum and where it is, in nats (a lower bound).

    Source: Hvarfner, Hutter and Nardi, "Joint entropy search for maximally-informed Bayesian optimization",
    NeurIPS 2022; Tu et al., NeurIPS 2022.
    """
    from botorch.acquisition.joint_entropy_search import qJointEntropySearch
    from botorch.acquisition.objective import ScalarizedPosteriorTransform

    points, values = draw_optima(situation)
    sign = None if situation.maximize else ScalarizedPosteriorTransform(torch.tensor([-1.0]).double())
    function = qJointEntropySearch(
        situation.model,
        torch.from_numpy(points),
        torch.from_numpy(values)[:, None],
        posterior_transform=sign,
        X_pending=as_tensor(situation.running),
    )
    return situation.constrained(TorchAcquisition(function))


def predictive_entropy_search(situation: Situation) -> Acquisition:
    """What an observation tells about where the optimum is, in nats, by expectation propagation.

    Source: Hernandez-Lobato, Hoffman and Ghahramani, "Predictive entropy search for efficient global
    optimization of black-box functions", NeurIPS 2014.
    """
    from botorch.acquisition.predictive_entropy_search import qPredictiveEntropySearch

    points, _ = draw_optima(situation)
    function = qPredictiveEntropySearch(
        situation.model,
        torch.from_numpy(points),
        maximize=situation.maximize,
        X_pending=as_tensor(situation.running),
    )
    return situation.constrained(_WhereItHolds(function))


def draw_optima(situation: Situation) -> tuple[np.ndarray, np.ndarray]:
    """Optima of joint posterior draws at the points where the optimum may lie.

    Returns:
        `K x d` points and `K` values there, in the outcome's units.

    Raises:
        NotSupportedError: a posterior that is not Gaussian, or that cannot be conditioned.
        InvalidInputError: the situation does not know the space.
    """
    model = situation.model
    if not is_gaussian(model) or "condition" not in getattr(model, "capabilities", ("condition",)):
        raise NotSupportedError(
            f"entropy search conditions a Gaussian posterior on its optimum, which {type(model).__name__} "
            "does not offer; use 'log-nei'"
        )
    candidates = candidates_for_optimum(situation)
    draws = FantasizedMoments(model, candidates, count=NUM_OPTIMA, seed=situation.seed).values
    best = (draws if situation.maximize else -draws).argmax(axis=1)
    return candidates[best], draws[np.arange(len(draws)), best]


class _WhereItHolds(TorchAcquisition):
    """Very small, and flat, where expectation propagation fails, so that the search goes elsewhere."""

    def value(self, X: np.ndarray) -> np.ndarray:
        return np.nan_to_num(super().value(X), nan=_FAILED)

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, gradient = super().value_gradient(X)
        return np.nan_to_num(value, nan=_FAILED), np.nan_to_num(gradient)
