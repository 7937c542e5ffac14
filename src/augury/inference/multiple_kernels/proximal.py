"""The step of an agent: its own evidence, and a spring to what all agents agree on."""

from __future__ import annotations

import numpy as np

from augury.inference.multiple_kernels.evidence import Evidence

_NEWTON_STEPS = 60


def proximal_weights(
    evidence: Evidence,
    start: np.ndarray,
    noise: float,
    centre: np.ndarray,
    dual: np.ndarray,
    penalty: float,
    *,
    max_iterations: int = 8,
    tolerance: float = 1e-6,
) -> np.ndarray:
    r"""Weights that minimise :math:`l(\theta) + \lambda^T \theta + \tfrac\rho2 |\theta - c|^2`, from `start`.

    By the bounds of `majorise_minimise`; each coordinate then minimises
    :math:`p/\theta + b\,\theta + \tfrac\rho2(\theta - c)^2` with :math:`p = \theta_k^2\, a^T K a` and
    :math:`b = \mathrm{tr}(C^{-1} K) + \lambda`.

    Args:
        evidence: of the agent's data.
        start: `A` weights.
        noise: variance of the noise.
        centre: `A` weights that all agents agree on.
        dual: `A` multipliers.
        penalty: `rho`.
        max_iterations: most steps.
        tolerance: the change of the weights, relative to their size, at which they end.
    """
    weights = start
    for _ in range(max_iterations):
        terms = evidence.terms(weights, noise)
        new = smallest_of_bound(weights**2 * terms.fit, terms.complexity + dual, penalty, centre)
        change = float(np.abs(new - weights).max())
        weights = new
        if change <= tolerance * float(weights.max(initial=0.0)):
            break
    return weights


def smallest_of_bound(p: np.ndarray, b: np.ndarray, penalty: float, centre: np.ndarray) -> np.ndarray:
    r"""Of :math:`\theta \ge 0` the best for :math:`p/\theta + b\,\theta + \tfrac\rho2 (\theta - c)^2`.

    It is the positive root of :math:`f(\theta) = \rho\theta^3 + (b - \rho c)\theta^2 - p`, which is convex
    and rising from there on: Newton's method from above comes down to it. Without the first term it is
    :math:`\max(0, c - b/\rho)`.

    Args:
        p: `A` non-negative numbers.
        b: `A` numbers.
        penalty: `rho`, positive.
        centre: `A` numbers `c`.
    """
    slope = b - penalty * centre
    root = np.maximum(-slope / penalty, 0.0) + np.cbrt(p / penalty)
    positive = root > 0.0
    for _ in range(_NEWTON_STEPS):
        derivative = root * (3.0 * penalty * root + 2.0 * slope)
        value = root**2 * (penalty * root + slope) - p
        step = np.divide(value, derivative, out=np.zeros_like(root), where=positive & (derivative > 0.0))
        root = np.maximum(root - step, 0.0)
        if float(np.abs(step).max(initial=0.0)) <= 1e-14 * float(root.max(initial=0.0)):
            break
    return root
