"""Optimistic bounds of several objectives at once, standardised, with their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from augury.acquisition.autograd import AutogradMoments
from augury.acquisition.base import Acquisition
from augury.acquisition.moments import has_closed_form, location_scale_of

Array = np.ndarray
_LEAST_VARIANCE = 1e-12  # the standard deviation has no derivative at 0


class LowerBounds:
    r"""Lower confidence bounds of k objectives to be minimised, in standard units,

    .. math::
        L_j(x) = \frac{s_j \mu_j(x) - m_j}{w_j} - \beta\, \frac{\sigma_j(x)}{w_j}

    plus what it costs that a constraint may be broken: `-sum_c log Pr(c holds)` is added to every objective.

    Args:
        models: k fitted BoTorch models of one outcome each.
        signs: `k`, -1 for an outcome to maximise, +1 to minimise.
        centre: `k`, m.
        width: `k`, w.
        coefficient: beta.
        variance: whether the variance, and not the standard deviation, is subtracted (as the authors' code
            of the Stein coupling has it).
        chances: logarithms of probabilities that constraints hold.
    """

    def __init__(
        self,
        models: Sequence[Any],
        signs: Array,
        centre: Array,
        width: Array,
        *,
        coefficient: float = 0.1,
        variance: bool = False,
        chances: Sequence[Acquisition] = (),
    ) -> None:
        self._moments = [
            location_scale_of(model)[0] if has_closed_form(model) else AutogradMoments(model)
            for model in models
        ]
        self._signs, self._centre, self._width = signs, centre, width
        self._coefficient, self._variance, self._chances = coefficient, variance, list(chances)

    def __call__(self, X: Array, *, gradient: bool = False) -> Array:
        """`N x k` bounds at `X` (`N x d`); with `gradient`, what `pullback` needs is remembered."""
        L = np.empty((len(X), len(self._moments)))
        self._by_variance = np.empty(L.shape)
        self._none = np.empty((len(X), 0))
        for column, moments in enumerate(self._moments):
            width = self._width[column]
            mean, spread, _ = moments(X, gradient=gradient)
            spread = np.maximum(spread, _LEAST_VARIANCE * width**2) / width**2
            used = spread if self._variance else np.sqrt(spread)
            L[:, column] = (self._signs[column] * mean - self._centre[column]) / width
            L[:, column] -= self._coefficient * used
            slope = 1.0 if self._variance else 0.5 / used
            self._by_variance[:, column] = -self._coefficient * slope / width**2
        self._penalty_slopes = np.zeros(X.shape)
        for chance in self._chances:
            if gradient:
                value, slopes = chance.value_gradient(X)
                self._penalty_slopes -= slopes
            else:
                value = chance.value(X)
            L -= value[:, None]
        return L

    def pullback(self, slopes: Array) -> Array:
        """`N x d`: the gradient of the sum of all bounds weighted by `slopes` (`N x k`), at the last `X`."""
        total: Array = slopes.sum(axis=1, keepdims=True) * self._penalty_slopes
        for column, moments in enumerate(self._moments):
            of_mean = slopes[:, column] * (self._signs[column] / self._width[column])
            of_variance = slopes[:, column] * self._by_variance[:, column]
            total = total + moments.pullback(of_mean, of_variance, self._none)
        return total
