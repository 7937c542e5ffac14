"""Ranks of several methods over many runs, and which of their differences chance explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Ranking:
    """Mean ranks of k methods over N blocks; 1 is best.

    Args:
        names: of the methods.
        ranks: `N x k`, ties averaged.
        p_value: of Friedman's test that all methods are alike; None with fewer than 3 methods or 2 blocks.
        critical_difference: least difference of mean ranks that the Nemenyi test calls significant at 5 %.
    """

    names: list[str]
    ranks: np.ndarray
    p_value: float | None
    critical_difference: float

    @property
    def mean(self) -> np.ndarray:
        """Mean rank of each method: k."""
        mean: np.ndarray = self.ranks.mean(axis=0)
        return mean

    def groups(self) -> list[tuple[int, int]]:
        """Maximal runs of methods, sorted by mean rank, within one critical difference: (first, last)."""
        mean = np.sort(self.mean)
        ends = np.searchsorted(mean, mean + self.critical_difference, side="right") - 1
        found: list[tuple[int, int]] = []
        for first, last in enumerate(ends):
            if last > first and (not found or last > found[-1][1]):
                found.append((first, int(last)))
        return found


def rank(names: list[str], scores: np.ndarray) -> Ranking:
    r"""Rank methods within each block.

    The critical difference is :math:`q_{0.05, k} \sqrt{k (k + 1) / (6 N)}`, with q the quantile of the
    studentised range divided by the root of 2.

    Args:
        names: k methods.
        scores: `N x k`, larger is better.

    Source: Demsar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7 (2006).
    """
    n, k = scores.shape
    ranks = stats.rankdata(-scores, axis=1)
    p_value = None
    if k > 2 and n > 1 and not (ranks == ranks[:, :1]).all():
        p_value = float(stats.friedmanchisquare(*scores.T).pvalue)
    quantile = stats.studentized_range.ppf(0.95, k, np.inf) / np.sqrt(2.0)
    return Ranking(names, ranks, p_value, float(quantile * np.sqrt(k * (k + 1) / (6.0 * n))))


def paired_difference(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """Mean of `first - second` over paired runs, and the ends of its 95 % interval (Student's t)."""
    difference = np.asarray(first) - np.asarray(second)
    mean = float(difference.mean())
    if len(difference) < 2:
        return mean, float("nan"), float("nan")
    half = float(stats.t.ppf(0.975, len(difference) - 1) * difference.std(ddof=1) / np.sqrt(len(difference)))
    return mean, mean - half, mean + half
