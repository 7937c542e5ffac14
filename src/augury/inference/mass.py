"""Diagonal mass matrices from the chains themselves."""

from __future__ import annotations

from typing import final

import numpy as np

from augury.inference.evaluator import Array

_PRIOR_COUNT = 5.0


@final
class MassAdaptation:
    r"""The inverse mass from the variance of the chains in growing windows of the burn-in.

    Windows end at 30 %, 50 % and 70 % of the burn-in; what came before is forgotten each time. Between
    them the estimate is shrunk to the size it began with,

    .. math::
        M^{-1}_{jj} = \frac{k\, \operatorname{var}_j + 5\, M^{-1}_{0,jj}}{k + 5}

    with `k` the number of positions (iterations times chains), and never differs from it more than
    hundredfold.

    Args:
        burn_in: iterations of the burn-in.
        inverse_mass: `dim`, to begin with.

    Source: windows and shrinkage as in Stan's warm-up (Stan reference manual, "HMC algorithm parameters").
    """

    def __init__(self, burn_in: int, inverse_mass: Array) -> None:
        self._ends = {int(share * burn_in) for share in (0.3, 0.5, 0.7)}
        self._start = int(0.1 * burn_in)
        self._first = inverse_mass
        self.inverse_mass = inverse_mass
        self._forget()

    def update(self, iteration: int, position: Array) -> bool:
        """Take the positions (`C x dim`) of one iteration into account; whether the mass has changed."""
        if iteration < self._start:
            return False
        self._count += len(position)
        difference = position.mean(axis=0) - self._mean
        share = len(position) / self._count
        self._squares += ((position - position.mean(axis=0)) ** 2).sum(axis=0)
        self._squares += difference**2 * (self._count - len(position)) * share
        self._mean += difference * share
        if iteration + 1 not in self._ends or self._count < 10:
            return False
        variance = (self._squares + _PRIOR_COUNT * self._first) / (self._count + _PRIOR_COUNT)
        self.inverse_mass = np.clip(variance, 0.01 * self._first, 100.0 * self._first)
        self._forget()
        return True

    def _forget(self) -> None:
        self._count = 0
        self._mean, self._squares = np.zeros_like(self._first), np.zeros_like(self._first)
