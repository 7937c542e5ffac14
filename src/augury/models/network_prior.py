"""The prior of a network's weights: as asked for, or chosen by predictive score and kept for a while."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from augury.inference.prior_choice import choose_prior_variance
from augury.inference.weight_prior import GaussianWeightPrior, WeightPrior
from augury.models.network_data import NetworkData
from augury.networks.stacked import StackedNetwork

#: The prior variance of a network's weights, or a callable that makes a prior.
PriorSpecification = float | Callable[[StackedNetwork], WeightPrior]

#: The prior variance is chosen again when there are so many times more rows than it was chosen by.
_GROWTH = 1.25


def weight_prior(
    network: StackedNetwork,
    prior: PriorSpecification | None,
    data: NetworkData,
    initial: Mapping[str, Tensor],
    seed: int,
) -> tuple[WeightPrior, tuple[float, float] | None]:
    """The prior, and what was chosen: the variance, and the number of rows it was chosen by.

    Args:
        network: the architecture.
        prior: a variance, a callable that makes a prior, or None to choose a variance by predictive score.
        data: what the score is of.
        initial: of an earlier fit; its "prior_choice" is taken over while there are not many more rows.
        seed: of the choice.
    """
    if callable(prior):
        return prior(network), None
    if prior is not None:
        return GaussianWeightPrior(network, prior), None
    n = len(data.X)
    choice = _earlier_choice(initial, n)
    if choice is None:
        choice = (choose_prior_variance(network, data.X, data.Y, data.noise, seed=seed), float(n))
    return GaussianWeightPrior(network, choice[0]), choice


def _earlier_choice(initial: Mapping[str, Tensor], n: int) -> tuple[float, float] | None:
    """Prior variance and number of rows of an earlier choice, where it is one and still recent."""
    choice = initial.get("prior_choice")
    if choice is None or choice.shape != (2,):
        return None
    variance, rows = choice.tolist()
    if not (0.0 < variance < float("inf") and rows <= n <= _GROWTH * rows):
        return None
    return variance, rows
