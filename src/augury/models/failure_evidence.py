"""The hyperparameters of a classifier of failures, by evidence: on a grid, along one axis after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from augury.models.exact.matern import MaternCovariance
from augury.models.expectation_propagation import probit_posterior

#: The lengthscales relative to half the diagonal of the cube.
_FACTORS = (1.0, 0.25, 0.5, 2.0)
#: The prior variance of the latent function. A small one says that failures are a matter of chance; a very
#: large one, that there is a sharp boundary and beyond it nothing succeeds.
_AMPLITUDES = (2.0**32, 256.0, 16.0, 1.0)
#: Of the lengthscale of one input, which may be of no matter.
_INPUT_FACTORS = (1.0, 8.0)
#: Of the rates at which categories differ: as usual, a little, or not at all (the versions of a function may
#: all fail in the same places, to the very edge).
_MISMATCH_FACTORS = (1.0, 32.0, 1e6)
#: Nats that must speak against one input: those of a factor of 2.
_LEAST_EVIDENCE = 0.7
#: With more, the inputs have one lengthscale: each takes an evaluation of the evidence.
_MOST_INPUTS = 20


def most_likely(
    covariance: MaternCovariance, labels: np.ndarray, mean: float, n_categorical: int
) -> tuple[np.ndarray, float]:
    """`theta` of the covariance and its amplitude: no change of one of them alone is likelier.

    It begins with a sharp boundary, on which all inputs matter, and takes the inputs first: by chance all
    could be explained before it is seen that few of them matter.

    Args:
        covariance: of the `n` inputs, without amplitude.
        labels: `n` numbers, 1 or -1.
        mean: prior mean of the latent values.
        n_categorical: so many of `theta`, the last, are of categories.
    """
    typical = covariance.typical()
    n_inputs = len(typical) - n_categorical
    n_apart = n_inputs if n_inputs <= _MOST_INPUTS else 0

    def theta(at: tuple[int, ...]) -> np.ndarray:
        factor = np.full(len(typical), _FACTORS[at[-2]])
        factor[:n_apart] *= [_INPUT_FACTORS[index] for index in at[:n_apart]]
        factor[n_inputs:] *= [_MISMATCH_FACTORS[index] for index in at[n_apart:-2]]
        return np.asarray(typical + np.log(factor))

    @cache
    def evidence(at: tuple[int, ...]) -> float:
        K = _AMPLITUDES[at[-1]] * covariance.matrix(theta(at))
        return probit_posterior(K, labels, mean).log_evidence - _LEAST_EVIDENCE * sum(at[:n_apart])

    sizes = [len(_INPUT_FACTORS)] * n_apart + [len(_MISMATCH_FACTORS)] * n_categorical
    best = climb(evidence, [*sizes, len(_FACTORS), len(_AMPLITUDES)])
    return theta(best), _AMPLITUDES[best[-1]]


def climb(value: Callable[[tuple[int, ...]], float], sizes: Sequence[int]) -> tuple[int, ...]:
    """The point of a grid that is best along each of its axes, from the first point of all.

    Args:
        value: of a point, one index for each axis; asked for again and again.
        sizes: of the axes.
    """
    best: tuple[int, ...] = (0,) * len(sizes)
    before = None
    while best != before:
        before = best
        for axis, size in enumerate(sizes):
            others = [index for index in range(size) if index != best[axis]]
            line = [best, *((*best[:axis], index, *best[axis + 1 :]) for index in others)]
            best = max(line, key=value)  # the first of equals, which is the present one
    return best
