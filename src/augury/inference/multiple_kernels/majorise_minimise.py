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
#: A step that goes down lets the next be so many times longer, up to the second; after so many steps in a
#: row that change next to nothing the search ends.
_GROWTH, _LONGEST, _QUIET_STEPS = 1.3, 20.0, 3
#: What no step multiplies a weight by less or more than.
_LEAST_FACTOR, _LARGEST_FACTOR = 1e-6, 1e6
#: A component that was dropped is taken up again, with the second share of what all began with, where the
#: objective would fall by more than the first if it had all of it; so many times at most.
_WORTH_IT, _REVIVED, _MOST_REVIVALS = 0.1, 1e-3, 5


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
    the step minimises the sum of the bounds, so the objective never rises. Steps that go down are prolonged
    (the factor to a power above one), and taken at their own length where a longer one would go up. Weights
    stay non-negative without a constraint; those of components without use fall to zero and are dropped, and
    taken up again if they are of use in the end. Noise that is learnt is one more component.

    Sources: the difference of convex functions is that of Suwandi et al. (2023); the step is that of sparse
    Bayesian learning (MacKay 1992; Wipf and Nagarajan 2009), instead of their second-order cone programmes;
    longer steps are adaptive overrelaxed bound optimisation (Salakhutdinov and Roweis 2003).

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
    descent = _Descent(evidence, tolerance, None if noise is not None else _LEAST_NOISE * spread)
    variance = _FIRST_NOISE * spread if noise is None else float(noise)
    for _ in range(1 + _MOST_REVIVALS):
        weights, variance = descent.run(weights, variance, max_iterations)
        terms = evidence.by_rows(weights, variance)
        revived = (weights == 0.0) & (start * (terms.fit - terms.complexity) > _WORTH_IT)
        if len(descent.trace) >= max_iterations or not revived.any():
            break
        weights = np.where(revived, _REVIVED * start, weights)
    trace = np.array([*descent.trace, terms.objective])
    return LearntWeights(weights, variance, trace, stationarity_gap(weights, start, terms))


class _Descent:
    """The steps from some weights down, each as long as it stays one down.

    Args:
        evidence: of all components.
        tolerance: see `majorise_minimise`.
        least_noise: bound of noise that is learnt; None for noise that is known.

    Attributes:
        trace: the objective before each step.
    """

    def __init__(self, evidence: Evidence, tolerance: float, least_noise: float | None) -> None:
        self.evidence, self.tolerance, self.least_noise = evidence, tolerance, least_noise
        self.trace: list[float] = []

    def run(self, weights: np.ndarray, noise: float, most: int) -> tuple[np.ndarray, float]:
        """Weights (`A`) and noise at which the objective changes no more, or after `most` steps in all."""
        alive = np.flatnonzero(weights)
        current, values = self.evidence.keep(alive), weights[alive]
        terms = current.terms(values, noise)
        exponent, quiet = 1.0, 0
        self.trace.append(terms.objective)
        while quiet < _QUIET_STEPS and len(self.trace) < most:
            kept = (terms.fit > terms.complexity) | (values * terms.complexity > NEGLIGIBLE)
            kept[np.argmax(values)] = True
            if not kept.all():
                alive, values, terms = alive[kept], values[kept], terms.of(kept)
                current = current.keep(kept)
            longer = np.maximum(values * _factor(terms.fit, terms.complexity, exponent), _TINY)
            new_noise = self._next_noise(noise, terms, exponent)
            new = current.terms(longer, new_noise)
            if exponent > 1.0 and not new.objective <= terms.objective:
                exponent = 1.0
                continue
            change = abs(terms.objective - new.objective)
            quiet = quiet + 1 if change <= self.tolerance * max(1.0, abs(new.objective)) else 0
            exponent = min(exponent * _GROWTH, _LONGEST)
            values, noise, terms = longer, new_noise, new
            self.trace.append(terms.objective)
        weights = np.zeros(len(self.evidence))
        weights[alive] = values
        return weights, noise

    def _next_noise(self, noise: float, terms: Terms, exponent: float) -> float:
        if self.least_noise is None:
            return noise
        factor = float(_factor(terms.noise_fit, terms.noise_complexity, exponent))
        return max(noise * factor, self.least_noise)


def _factor(fit: np.ndarray | float, complexity: np.ndarray | float, exponent: float) -> np.ndarray:
    """What a step multiplies a weight by: at its own length, with the exponent 1, the root of the ratio."""
    ratio = fit / np.maximum(complexity, _TINY)
    power = ratio ** (0.5 * exponent)
    factor: np.ndarray = np.minimum(np.maximum(power, _LEAST_FACTOR), _LARGEST_FACTOR)  # quicker than clip
    return factor


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
