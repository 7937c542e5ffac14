"""Several objectives at once: which rows are best, and how much of the outcome space they cover."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Up to so many objectives the gain in hypervolume is computed; its cells grow fast with their number.
MOST_HYPERVOLUME_OBJECTIVES = 4
#: How far behind the worst value of the front the reference point lies, as a share of the front's range.
_BEHIND = 0.1
#: A front that is narrower than this share of all values is taken to be so wide.
_LEAST_RANGE = 0.01


def non_dominated(values: Array) -> NDArray[np.bool_]:
    """Mask (n) of the Pareto front: the rows that no other beats in one objective and equals in the rest.

    Equal rows are all in; rows with NaN are not. The cost is that of one pass over the rows for each member
    of the front.

    Args:
        values: n x k objectives, larger is better.
    """
    values = np.asarray(values, dtype=np.float64)
    front = np.zeros(len(values), dtype=bool)
    left = np.flatnonzero(np.isfinite(values).all(axis=1))
    if not len(left):
        return front
    if values.shape[1] == 1:
        front[left] = values[left, 0] == values[left, 0].max()
        return front
    # A row that dominates another has larger ranks, hence a larger sum of ranks, and comes before it.
    ranks = [np.unique(column, return_inverse=True)[1] for column in values[left].T]
    left = left[np.argsort(-np.sum(ranks, axis=0), kind="stable")]
    while len(left):
        row = values[left[0]]
        equal = (values[left] == row).all(axis=1)
        front[left[equal]] = True
        left = left[(values[left] > row).any(axis=1)]
    return front


def reference_point(values: Array, thresholds: Array | None = None) -> Array:
    r"""The point (k) that a useful result has to beat in every objective, inferred where it is not given.

    .. math::
        r_j = \min_{y \in \text{front}} y_j - 0.1 \, w_j

    with the range `w_j` of the front; that of all values where the front is a single point.

    Args:
        values: n x k objectives, larger is better, at least one row, none of them NaN.
        thresholds: k values to take instead where they are not NaN.

    Source: Ishibuchi et al., "Many-objective test problems to visually examine the behavior of multiobjective
    evolution in a decision space", PPSN 2011, for the share of 0.1.
    """
    front = values[non_dominated(values)]
    everywhere = np.ptp(values, axis=0)
    spread = np.maximum(np.ptp(front, axis=0), _LEAST_RANGE * everywhere)
    if len(np.unique(front, axis=0)) == 1:
        spread = everywhere
    spread = np.where(spread > 0.0, spread, np.maximum(np.abs(front).max(axis=0), 1.0))
    reference: Array = front.min(axis=0) - _BEHIND * spread
    return reference if thresholds is None else np.where(np.isnan(thresholds), reference, thresholds)


def hypervolume(values: Array, reference: Array) -> float:
    """The volume of what the rows dominate, bounded by the reference point; 0 when no row beats it.

    Args:
        values: n x k objectives, larger is better; rows with NaN do not count.
        reference: k.
    """
    import torch
    from botorch.utils.multi_objective.hypervolume import Hypervolume

    front = values[non_dominated(values)]
    front = front[(front > reference).all(axis=1)]
    if not len(front):
        return 0.0
    return float(Hypervolume(torch.from_numpy(reference)).compute(torch.from_numpy(np.unique(front, axis=0))))


def hypervolume_history(values: Array, reference: Array) -> Array:
    """The hypervolume (n) of the first 1, 2, ... n rows; computed anew only where a row improves it.

    Args:
        values: n x k objectives in the order of their evaluation, larger is better; NaN rows do not count.
        reference: k.
    """
    history = np.zeros(len(values))
    front = np.empty((0, len(reference)))
    for index, row in enumerate(values):
        history[index] = history[index - 1] if index else 0.0
        if not (row > reference).all() or (front >= row).all(axis=1).any():
            continue
        front = np.concatenate([front[~(row >= front).all(axis=1)], row[None]])
        history[index] = hypervolume(front, reference)
    return history
