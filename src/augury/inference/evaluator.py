"""A log density and its gradient as samplers call them: on NumPy arrays, tens of thousands of times."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol, final

import numpy as np
import torch
from torch import Tensor

Array = np.ndarray[Any, np.dtype[np.float64]]


class Evaluator(ABC):
    """The log density of `C` chains at once, in the coordinates in which it is sampled.

    The gradient alone may be computed in single precision: leapfrog steps with any force that is a function
    of the position are reversible and keep volume, so that acceptance by values in double precision leaves
    the density exactly invariant.

    Coordinates whose distribution given the others is known may be integrated out: `reduce` leaves them out
    and `complete` draws them.

    Args:
        scale: `dim` positive numbers, the typical size of each sampled coordinate.
    """

    def __init__(self, scale: Array) -> None:
        self.scale = scale

    @abstractmethod
    def value_gradient(self, position: Array) -> tuple[Array, Array]:
        """`C` log densities at `position` (`C x dim`), not finite where undefined, and `C x dim` gradients;
        in double precision, in buffers that the next call overwrites."""

    @abstractmethod
    def value(self, position: Array) -> Array:
        """`C` log densities in double precision."""

    @abstractmethod
    def gradient(self, position: Array) -> Array:
        """`C x dim` gradients, perhaps in single precision, in a buffer that the next call overwrites."""

    def reduce(self, theta: Array) -> Array:
        """The sampled coordinates (`C x dim`) of full parameter vectors."""
        return theta.copy()

    def complete(self, position: Array, rng: np.random.Generator) -> Array:
        """Full parameter vectors of `M` sampled positions (`M x dim`)."""
        return position


class LogDensity(Protocol):
    """What Markov chains sample from."""

    def evaluator(self, C: int) -> Evaluator:
        """For `C` chains."""

    def initial(self, C: int, generator: torch.Generator) -> Tensor:
        """`C` full parameter vectors to start from."""


@final
class TorchEvaluator(Evaluator):
    """Any density that gives `value_gradient` of tensors.

    Args:
        density: has `scale` and `value_gradient(theta: C x dim) -> (C, C x dim)`.
    """

    def __init__(self, density: Any) -> None:
        super().__init__(density.scale.numpy())
        self._density = density

    def value_gradient(self, position: Array) -> tuple[Array, Array]:
        value, gradient = self._density.value_gradient(torch.from_numpy(position))
        return value.numpy(), gradient.numpy()

    def value(self, position: Array) -> Array:
        return self.value_gradient(position)[0]

    def gradient(self, position: Array) -> Array:
        return self.value_gradient(position)[1]
