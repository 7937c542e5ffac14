"""The weights of many kernels by exact second-order cone programmes, to check the faster solver with."""

from __future__ import annotations

import numpy as np

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference.multiple_kernels.evidence import Evidence
from augury.inference.multiple_kernels.majorise_minimise import (
    LearntWeights,
    checked_weights,
    equal_shares,
    stationarity_gap,
)
from augury.kernels.linear_multiple.components import Components


def cone_step(components: Components, y: np.ndarray, noise: float, slopes: np.ndarray) -> np.ndarray:
    r"""The exact minimiser over weights of the convex part and a linear one.

    .. math::
        \min_{\theta \ge 0}\; y^T C^{-1} y + c^T \theta
        = \min_{\theta, w}\; |w_0|^2 + \sum_i \frac{|w_i|^2}{\theta_i} + c^T \theta, \qquad
        \sigma w_0 + \sum_i L_i w_i = y

    Args:
        components: `A` matrices `L_i L_i^T` of `n` rows.
        y: `n` outcomes.
        noise: variance of the noise.
        slopes: `A` non-negative numbers `c`.

    Raises:
        NotSupportedError: CVXPY is not installed, or its solver fails.
    """
    try:
        import cvxpy
    except ModuleNotFoundError as error:
        raise NotSupportedError(
            "exact cone programmes need CVXPY: pip install 'augury[cones]'; or use majorise_minimise"
        ) from error
    roots = [components[np.array([i])].roots for i in range(len(components))]
    theta = cvxpy.Variable(len(components), nonneg=True)
    rest = cvxpy.Variable(len(y))
    parts = [cvxpy.Variable(root.shape[1]) for root in roots]
    explained = sum((root @ part for root, part in zip(roots, parts, strict=True)), np.sqrt(noise) * rest)
    bounds = [cvxpy.quad_over_lin(part, theta[i]) for i, part in enumerate(parts)]
    problem = cvxpy.Problem(
        cvxpy.Minimize(cvxpy.sum_squares(rest) + sum(bounds) + slopes @ theta), [explained == y]
    )
    problem.solve(solver=cvxpy.CLARABEL)
    if theta.value is None:
        raise NotSupportedError(f"the cone programme was not solved: {problem.status}")
    weights: np.ndarray = np.maximum(theta.value, 0.0)
    return weights


def successive_cones(
    components: Components,
    y: np.ndarray,
    noise: float,
    *,
    initial: np.ndarray | None = None,
    max_iterations: int = 100,
    tolerance: float = 1e-3,
) -> LearntWeights:
    """The weights by successive convex approximation: the concave part by its tangent, the rest exactly.

    It takes a large step where `majorise_minimise` takes many, at the price of a programme with `A` cones.

    Source: Suwandi et al. (2023), with one block instead of several in parallel, which needs no step size.

    Args:
        components: `A` matrices of `n` rows.
        y: `n` outcomes.
        noise: variance of the noise.
        initial: `A` weights to begin with; equal shares of the outcomes' variance when None.
        max_iterations: most programmes.
        tolerance: the change of the objective, relative to its size, at which the search ends.

    Raises:
        InvalidInputError: lengths that do not agree, weights that are negative.
        NotSupportedError: CVXPY is not installed, or its solver fails.
    """
    if y.shape != (components.num_rows,):
        raise InvalidInputError(f"y must be {components.num_rows} outcomes; given shape {y.shape}")
    evidence = Evidence(components, y)
    start = equal_shares(evidence, float(y.var()))
    weights = start if initial is None else checked_weights(initial, len(components))
    terms = evidence.terms(weights, noise)
    trace = [terms.objective]
    for _ in range(max_iterations):
        weights = cone_step(components, y, noise, terms.complexity)
        terms = evidence.terms(weights, noise)
        trace.append(terms.objective)
        if abs(trace[-2] - trace[-1]) <= tolerance * max(1.0, abs(trace[-1])):
            break
    return LearntWeights(weights, noise, np.array(trace), stationarity_gap(weights, start, terms))
