"""Unbiased rounding of what agents send to each other."""

from __future__ import annotations

from math import ceil, log2

import numpy as np

from augury.errors import InvalidInputError

#: Of a number that is sent as it is.
_BITS_OF_A_FLOAT = 64


def stochastic_round(values: np.ndarray, step: float, generator: np.random.Generator) -> np.ndarray:
    r"""Multiples of `step`: down or up at random, so that the expectation is the value itself.

    The variance is at most :math:`\text{step}^2 / 4`.

    Args:
        values: of any shape.
        step: the distance of two multiples; 0 for no rounding.
        generator: of the random numbers.

    Raises:
        InvalidInputError: a negative step.
    """
    if not 0.0 <= step < np.inf:
        raise InvalidInputError(f"a step of quantisation must be 0 (none) or positive; given {step}")
    if step == 0.0:
        return values
    scaled = values / step
    lower = np.floor(scaled)
    rounded: np.ndarray = step * (lower + (generator.random(scaled.shape) < scaled - lower))
    return rounded


def message_bits(message: np.ndarray, step: float) -> int:
    """The bits of a message of multiples of `step`, sized by the range of its numbers; 64 each if 0."""
    if step == 0.0:
        return _BITS_OF_A_FLOAT * message.size
    levels = (float(message.max()) - float(message.min())) / step + 1.0
    return ceil(message.size * log2(levels))
