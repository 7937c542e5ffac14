"""Intervals of the means that reproductions report."""

from __future__ import annotations

import numpy as np


def mean_interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean."""
    rng = np.random.default_rng(0)
    means = rng.choice(values, (4000, len(values))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def paired(own: np.ndarray, other: np.ndarray) -> str:
    """The mean of paired differences, with its 95 % bootstrap interval, as text."""
    low, high = mean_interval(own - other)
    return f"{np.mean(own - other):+.3f} [{low:+.3f}, {high:+.3f}]"
