"""The cells of the space that a Pareto front leaves open, and the expected improvement in them."""

from __future__ import annotations

import numpy as np
import torch
from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning

from augury.numerics.normal import log_h
from augury.space.pareto import non_dominated


class FrontCells:
    r"""What is not dominated by each of F fronts, cut into boxes, and the expected gain of a candidate.

    In a box a candidate gains, in expectation, the product over the objectives of

    .. math::
        \psi(l) - \psi(u), \qquad \psi(a) = \sigma\, h\!\left(\frac{\mu - a}{\sigma}\right), \qquad
        h(z) = \phi(z) + z \Phi(z).

    Sides of boxes repeat: each distinct pair `(l, u)` of an objective is evaluated once.

    Args:
        fronts: `F x n x k` values, larger is better; they need not be fronts, dominated rows are left out.
        reference: `k`, the reference point.

    Source: box decomposition by Lacour, Klamroth and Fonseca (Computers and Operations Research 79, 2017) as
    in BoTorch's `FastNondominatedPartitioning`.
    """

    def __init__(self, fronts: np.ndarray, reference: np.ndarray) -> None:
        boxes = [open_boxes(front, reference) for front in fronts]
        count = max(lower.shape[0] for lower, _ in boxes)
        self._F, self._k = len(boxes), len(reference)
        self._empty = np.zeros((self._F, count), dtype=bool)
        self._sides: list[_Sides] = []
        for row, (lower, _) in enumerate(boxes):
            self._empty[row, len(lower) :] = True
        for column in range(self._k):
            pairs = [np.stack([lower[:, column], upper[:, column]], axis=1) for lower, upper in boxes]
            self._sides.append(_Sides(pairs, count))

    @property
    def size(self) -> int:
        """The number of (fantasy, cell) pairs."""
        return self._empty.size

    def log_improvement(self, means: np.ndarray, deviations: np.ndarray) -> np.ndarray:
        """`N` logarithms of the expected improvement, averaged over the fronts.

        Args:
            means: `k x N x F` means of the candidates given each front, larger is better.
            deviations: `k x N` standard deviations.
        """
        return self._log_total(self._log_cells(means, deviations)[0])[0]

    def log_improvement_gradient(
        self, means: np.ndarray, deviations: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`N` values, and their derivatives by the means (`k x N x F`) and by the deviations (`k x N`)."""
        logs, slopes = self._log_cells(means, deviations, slopes=True)
        total, share = self._log_total(logs)
        by_means, by_deviations = np.empty(means.shape), np.empty(deviations.shape)
        for column, (sides, (by_mean, by_deviation)) in enumerate(zip(self._sides, slopes, strict=True)):
            weights = sides.collect(share)
            by_means[column] = np.einsum("nfu,nfu->nf", weights, by_mean)
            by_deviations[column] = np.einsum("nfu,nfu->n", weights, by_deviation)
        return total, by_means, by_deviations

    def _log_cells(
        self, means: np.ndarray, deviations: np.ndarray, *, slopes: bool = False
    ) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
        """The logarithm of the expected gain in each cell, `N x F x C`."""
        N = means.shape[1]
        logs = np.zeros((N, *self._empty.shape))
        logs[:, self._empty] = -np.inf
        derivatives = []
        for column, sides in enumerate(self._sides):
            values, slope = sides.log_gain(means[column], deviations[column], slopes=slopes)
            logs += sides.spread(values)
            if slope is not None:
                derivatives.append(slope)
        return logs, derivatives

    def _log_total(self, logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The logarithm of the mean over the fronts of the sum over cells, and each cell's share in it."""
        largest = logs.max(axis=(1, 2), keepdims=True)
        share = np.exp(logs - largest)
        total = share.sum(axis=(1, 2), keepdims=True)
        share /= total
        return (largest + np.log(total / self._F))[:, 0, 0], share


class _Sides:
    """One objective's side of every cell: the distinct pairs `(l, u)` of each front, and who has which.

    Args:
        pairs: for each front `c x 2`, the lower and upper bounds of its cells.
        count: number of cells C to pad to.
    """

    def __init__(self, pairs: list[np.ndarray], count: int) -> None:
        distinct, index = zip(*(np.unique(pair, axis=0, return_inverse=True) for pair in pairs), strict=True)
        width = max(len(rows) for rows in distinct)
        F = len(pairs)
        self._lower, self._upper = np.zeros((F, width)), np.full((F, width), np.inf)
        self._index = np.zeros((F, count), dtype=np.intp)
        for row, (values, own) in enumerate(zip(distinct, index, strict=True)):
            self._lower[row, : len(values)], self._upper[row, : len(values)] = values.T
            self._index[row, : len(own)] = own.reshape(-1)
        self._bounded = np.isfinite(self._upper)
        members = np.zeros((F, count, width))
        np.put_along_axis(members, self._index[:, :, None], 1.0, axis=2)
        self._members = members

    def spread(self, values: np.ndarray) -> np.ndarray:
        """`N x F x C` of values of the distinct pairs, `N x F x U`."""
        return np.take_along_axis(values, self._index[None], axis=2)

    def collect(self, share: np.ndarray) -> np.ndarray:
        """`N x F x U`: shares of the cells (`N x F x C`) summed over those of one pair."""
        return np.matmul(share.transpose(1, 0, 2), self._members).transpose(1, 0, 2)

    def log_gain(
        self, mean: np.ndarray, deviation: np.ndarray, *, slopes: bool
    ) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray] | None]:
        """`log(psi(l) - psi(u))` of each distinct pair (`N x F x U`), and its two derivatives.

        Args:
            mean: `N x F`.
            deviation: `N`.
            slopes: whether the derivatives are wanted.
        """
        sigma = deviation[:, None, None]
        z = (mean[:, :, None] - self._lower) / sigma
        value, slope = log_h(z)
        flat = 1.0 - z * slope if slopes else None  # phi(z) / h(z)
        bounded = self._bounded
        if bounded.any():
            upper_z = ((mean[:, :, None] - np.where(bounded, self._upper, 0.0)) / sigma)[:, bounded]
            upper_value, upper_slope = log_h(upper_z)
            # below 1 by at least a rounding error: the two sides differ, or the cell counts for nothing
            ratio = np.minimum(np.exp(upper_value - value[:, bounded]), 1.0 - 1e-15)
            rest = 1.0 - ratio
            value[:, bounded] += np.log(rest)
            if flat is not None:
                flat[:, bounded] = (flat[:, bounded] - (1.0 - upper_z * upper_slope) * ratio) / rest
                slope[:, bounded] = (slope[:, bounded] - upper_slope * ratio) / rest
        value += np.log(sigma)
        return value, None if flat is None else (slope / sigma, flat / sigma)


def open_boxes(values: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper corners (`C x k` each) of the cells that one set of values leaves open."""
    front = values[(values > reference).all(axis=1)]
    front = np.unique(front[non_dominated(front)], axis=0)
    # an empty front must keep its second dimension
    partitioning = FastNondominatedPartitioning(torch.from_numpy(reference), torch.from_numpy(front))
    lower, upper = partitioning.get_hypercell_bounds().numpy()
    return lower, upper
