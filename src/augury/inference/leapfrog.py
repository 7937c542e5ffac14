"""The leapfrog integrator of Hamiltonian dynamics, for many chains at once."""

from __future__ import annotations

import numpy as np

from augury.inference.evaluator import Array, Evaluator


def leapfrog(
    evaluator: Evaluator,
    position: Array,
    momentum: Array,
    gradient: Array,
    step_size: float,
    inverse_mass: Array,
    steps: int,
) -> Array:
    r"""Advance `C` chains by some steps, in place.

    .. math::
        p \leftarrow p + \tfrac\epsilon2 \nabla \log \pi(q), \qquad q \leftarrow q + \epsilon M^{-1} p, \qquad
        p \leftarrow p + \tfrac\epsilon2 \nabla \log \pi(q)

    Neighbouring half steps of the momentum are one.

    Args:
        evaluator: of the log density.
        position: `C x dim`, changed.
        momentum: `C x dim`, changed.
        gradient: `C x dim`, at `position`.
        step_size: `epsilon`.
        inverse_mass: `dim`, the diagonal of `M^-1`.
        steps: at least one.

    Returns:
        The gradient at the new position, a buffer of the evaluator.

    Source: Neal, "MCMC using Hamiltonian dynamics" (2011), section 5.2.3.
    """
    velocity = step_size * inverse_mass
    spare = np.empty_like(position)
    momentum += 0.5 * step_size * gradient
    for step in range(1, steps + 1):
        position += np.multiply(momentum, velocity, out=spare)
        gradient = evaluator.gradient(position)
        momentum += np.multiply(gradient, step_size if step < steps else 0.5 * step_size, out=spare)
    return gradient
