"""The weights of many kernels by a solver without cones: each step has a closed form and goes down."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from augury.errors import InvalidInputError
from augury.inference.multiple_kernels.evidence import NEGLIGIBLE, Evidence, Terms
from augury.kernels.linear_multiple.components import Components

#: Noise that is learnt begins at the first share of the outcomes' variance and stays above the second.
_FIRST_NOISE, _LEAST_NOISE = 0.1, 1e-6
#: The square root of the smallest number; no weight that is not zero is smaller.
_TINY = float(np.finfo(np.float64).tiny) ** 0.5


@dataclass(frozen=True)
class LearntWeights:
    """What a solver has found.

    Args:
        weights: `A` weights; those of components that do not matter are exactly 0.
        noise: the noise variance (the factor of the noise, where its shape was given).
        objective_trace: `y^T C^{-1} y + log det C` before each step, and at the end.
        kkt_gap: how far the weights are from a stationary point: the largest
            :math:`\\theta_i |s_i|` of a weight that is not zero and the largest :math:`-\\theta^0_i s_i` of
            one that is, with the slope :math:`s_i = \\mathrm{tr}(C^{-1} K_i) - a^T K_i a` and the start
            :math:`\\theta^0`; in units of the objective.
    """

    weights: np.ndarray
    noise: float
    objective_trace: np.ndarray
    kkt_gap: float

    @property
    def num_nonzero(self) -> int:
        """The number of components that matter."""
        return int(np.count_nonzero(self.weights))


def majorise_minimise(
    components: Components,
    y: np.ndarray,
    noise: float | None = None,
    *,
    noise_shape: np.ndarray | None = None,
    initial: np.ndarray | None = None,
    constant: bool = False,
    max_iterations: int = 2_000,
    tolerance: float = 1e-7,
) -> LearntWeights:
    r"""The weights that maximise the marginal likelihood, by majorisation and minimisation.

    .. math::
        \theta_i \leftarrow \theta_i \sqrt{\frac{a^T K_i a}{\mathrm{tr}(C^{-1} K_i)}}, \qquad
        a = C^{-1} y

    Of :math:`y^T C^{-1} y + \log\det C` the first part is bounded by
    :math:`\sum_i (\theta_i^k)^2 / \theta_i \; a^T K_i a` and the second, which is concave, by its tangent;
    the step minimises the sum of the bounds, so the objective never rises. Weights stay non-negative without
    a constraint; those of components without use fall to zero. Noise that is learnt is one more component.

    Source: the difference of convex functions is that of Suwandi et al. (2023); the step is that of sparse
    Bayesian learning (MacKay 1992; Wipf and Nagarajan 2009), instead of their second-order cone programmes.

    Args:
        components: `A` matrices of `n` rows.
        y: `n` outcomes.
        noise: variance of the noise, or None to learn it: only a dictionary that does not cover the whole
            spectrum leaves noise to be told from it.
        noise_shape: `n` known variances, of which the noise is a multiple; all one when None.
        initial: `A` weights to begin with; equal shares of the outcomes' variance when None.
        constant: fit a constant beside the kernels.
        max_iterations: most steps.
        tolerance: the change of the objective, relative to its size, at which the search ends.

    Raises:
        InvalidInputError: lengths that do not agree, fewer than two rows, noise that is not positive, weights
            that are negative.
    """
    y = np.asarray(y, dtype=np.float64)
    spread = _checked_spread(components, y, noise)
    if spread == 0.0:
        warnings.warn("all outcomes are equal: no kernel is of use, all weights are zero", UserWarning, 2)
        return LearntWeights(np.zeros(len(components)), noise or 0.0, np.empty(0), 0.0)
    evidence = Evidence(components, y, noise_shape, constant)
    start = equal_shares(evidence, spread)
    weights = start if initial is None else checked_weights(initial, len(components))
    learns, variance = noise is None, _FIRST_NOISE * spread if noise is None else float(noise)
    alive = np.flatnonzero(weights)
    current, values = evidence.keep(alive), weights[alive]
    trace: list[float] = []
    for _ in range(max_iterations):
        terms = current.terms(values, variance)
        trace.append(terms.objective)
        if len(trace) > 1 and abs(trace[-2] - trace[-1]) <= tolerance * max(1.0, abs(trace[-1])):
            break
        kept = (terms.fit > terms.complexity) | (values * terms.complexity > NEGLIGIBLE)
        kept[np.argmax(values)] = True
        values = np.maximum(values * np.sqrt(terms.fit / np.maximum(terms.complexity, _TINY)), _TINY)
        if learns:
            ratio = np.sqrt(terms.noise_fit / terms.noise_complexity)
            variance = max(variance * ratio, _LEAST_NOISE * spread)
        if not kept.all():
            alive, values = alive[kept], values[kept]
            current = evidence.keep(alive)
    weights = np.zeros(len(components))
    weights[alive] = values
    terms = evidence._by_rows(weights, variance)
    trace.append(terms.objective)
    return LearntWeights(weights, variance, np.array(trace), stationarity_gap(weights, start, terms))


def stationarity_gap(weights: np.ndarray, start: np.ndarray, terms: Terms) -> float:
    """See `LearntWeights.kkt_gap`."""
    slope = terms.complexity - terms.fit
    return float(np.where(weights > 0, weights * np.abs(slope), np.maximum(-start * slope, 0.0)).max())


def equal_shares(evidence: Evidence, spread: float) -> np.ndarray:
    """`A` weights under which each component has an equal share of the variance of the outcomes."""
    mean_diagonal = np.maximum(evidence.traces / len(evidence.y), np.finfo(float).tiny)
    return spread / (len(evidence) * mean_diagonal)


def checked_weights(weights: np.ndarray, count: int) -> np.ndarray:
    """The weights as an array of `count` finite numbers that are not negative.

    Raises:
        InvalidInputError: they are not.
    """
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (count,) or not (np.isfinite(values).all() and (values >= 0).all()):
        raise InvalidInputError(f"weights must be {count} finite numbers, none of them negative")
    return values


def _checked_spread(components: Components, y: np.ndarray, noise: float | None) -> float:
    """The mean square of the outcomes about their mean, once all arguments agree."""
    if y.shape != (components.num_rows,):
        raise InvalidInputError(f"y must be {components.num_rows} outcomes; given shape {y.shape}")
    if len(y) < 2:
        raise InvalidInputError(f"weights are learnt from at least two rows; given {len(y)}")
    if not np.isfinite(y).all():
        raise InvalidInputError("y has entries that are not finite; leave out rows that were not measured")
    if noise is not None and not 0.0 < noise < np.inf:
        raise InvalidInputError(f"noise must be a positive variance, or None to learn it; given {noise}")
    return float(y.var())
