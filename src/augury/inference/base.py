"""What every way of finding a network's posterior has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

from torch import Tensor

from augury.inference.network_density import NetworkDensity
from augury.inference.predictive import Predictive, WeightSamples
from augury.networks.stacked import StackedNetwork

#: `(steps done, steps in all, what is being done)`.
Progress = Callable[[int, int, str], None]


class InferenceWarning(UserWarning):
    """The posterior found may be a poor one: chains disagree, or few independent samples were drawn."""


class Inference(ABC):
    """A way to the posterior of a network; options are arguments of the constructor.

    `gaussian` tells whether the predictions are normal distributions.
    """

    gaussian: ClassVar[bool] = False

    @abstractmethod
    def run(
        self,
        density: NetworkDensity,
        *,
        initial: Mapping[str, Tensor] | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Predictive:
        """Find the posterior.

        Args:
            density: the log posterior.
            initial: `warm_start` of an earlier result on similar data; ignored where its shapes do not match
                or its entries are not finite.
            seed: of all random numbers.
            progress: called now and then.
        """

    def restore(self, network: StackedNetwork, state: Mapping[str, Tensor]) -> Predictive:
        """The result whose `state()` is given."""
        return WeightSamples.from_state(network, state)
